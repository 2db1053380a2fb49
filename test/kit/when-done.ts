import { afterAll, onTestFinished, TestRunner } from 'vitest';

/** Closes what a test opened at its end; what was opened outside of tests, at the end of their file. The last first. */
export function whenDone(close: () => unknown): void {
  const hook = async () => void (await close());
  if (TestRunner.getCurrentTest() === undefined) afterAll(hook);
  else onTestFinished(hook);
}
