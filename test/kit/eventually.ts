import { setTimeout as delay } from 'node:timers/promises';

/** How long a test waits for what has to come, in ms: only one that fails ever waits so long. */
export const patience = 20_000;
const pause = 10;

/**
 * Asks again until the check passes.
 * @param check throws, or gives false, while it does not hold yet
 * @returns what the check gave
 * @throws what the check threw last
 */
export async function eventually<T>(check: () => Promise<T> | T): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      const result = await check();
      if (result !== false) return result;
      if (Date.now() > deadline) throw new Error(`It did not come true within ${patience} ms: ${check}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(pause);
  }
}

/** @throws if a promise does not settle in time, with what it waited for */
export async function inTime<T>(promise: Promise<T>, what: string, time = patience): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${time} ms for ${what}.`)), time);
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
