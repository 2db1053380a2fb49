import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the work may block the process at a time, in ms. */
const longest = 10;

/** Runs work that yields now and then. Lets other work run whenever it has blocked the process for too long. */
export async function inTimeSlices<T>(work: Generator<void, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < longest) continue;
    await nextTurn();
    began = performance.now();
  }
}
