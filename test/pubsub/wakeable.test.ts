import { afterEach, expect, test, vi } from 'vitest';
import { Wakeable } from '../../src/pubsub/wakeable.ts';
import { recordingLog } from './live-setup.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Work whose steps the test lets end. */
function work(everyMs = 3_600_000) {
  const { log, lines } = recordingLog();
  const steps: PromiseWithResolvers<boolean>[] = [];
  const step = () => {
    const running = Promise.withResolvers<boolean>();
    steps.push(running);
    return running.promise;
  };
  return { steps, lines, wakeable: new Wakeable({ name: 'the work', everyMs, log, step }) };
}

/** Lets everything that waits for a promise go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('it sleeps until it is woken, and runs one step at a time', async () => {
  const { steps, wakeable } = work();
  await settle();
  expect(steps).toHaveLength(0);
  wakeable.wake();
  expect(steps).toHaveLength(1);
  for (let wakes = 0; wakes < 3; wakes++) wakeable.wake();
  await settle();
  expect(steps).toHaveLength(1);
  steps[0]?.resolve(false);
  await settle();
  expect(steps, 'one more for all that woke it meanwhile').toHaveLength(2);
  steps[1]?.resolve(false);
  await settle();
  expect(steps).toHaveLength(2);
  await wakeable.close();
});

test('it runs again at once while there is more', async () => {
  const { steps, wakeable } = work();
  wakeable.wake();
  steps[0]?.resolve(true);
  await settle();
  expect(steps).toHaveLength(2);
  steps[1]?.resolve(false);
  await wakeable.close();
});

test('it runs by itself now and then', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { steps, wakeable } = work(1_000);
  vi.advanceTimersByTime(1_000);
  steps[0]?.resolve(false);
  await settle();
  vi.advanceTimersByTime(1_000);
  expect(steps).toHaveLength(2);
  steps[1]?.resolve(false);
  await wakeable.close();
  vi.advanceTimersByTime(5_000);
  expect(steps).toHaveLength(2);
});

test('a failure waits for the next wake, and is logged once until a step succeeds', async () => {
  const { steps, lines, wakeable } = work();
  for (let failures = 0; failures < 3; failures++) {
    wakeable.wake();
    steps[failures]?.reject(new Error('not now'));
    await settle();
    expect(steps).toHaveLength(failures + 1);
  }
  wakeable.wake();
  steps[3]?.resolve(false);
  await settle();
  expect(lines.map(({ msg }) => msg)).toEqual([
    'the work failed and will be tried again',
    'the work works again',
  ]);
  await wakeable.close();
});

test('closing waits for the running step, and there is none after it', async () => {
  const { steps, wakeable } = work();
  wakeable.wake();
  wakeable.wake();
  let closed = false;
  const closing = wakeable.close().then(() => {
    closed = true;
  });
  await settle();
  expect(closed).toBe(false);
  steps[0]?.resolve(true);
  await closing;
  wakeable.wake();
  expect(steps).toHaveLength(1);
});
