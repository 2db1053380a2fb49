import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the process may be held at once, in ms. */
const longest = 10;

/** Does work that yields now and then, and lets others have their turn as soon as it has held the process for long. */
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
