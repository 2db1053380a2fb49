import { afterAll, onTestFinished, TestRunner } from 'vitest';

/** Closes what a test opened when it ends, the last first; what was opened outside of tests, at the end of the file. */
export function whenDone(close: () => unknown): void {
  const hook = async () => void (await close());
  if (TestRunner.getCurrentTest() === undefined) afterAll(hook);
  else onTestFinished(hook);
}
