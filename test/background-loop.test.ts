import { afterEach, expect, test, vi } from 'vitest';
import { BackgroundLoop, type BackgroundLoopOptions } from '../src/database/background-loop.ts';
import { recordingLog } from './pubsub/live-setup.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A loop whose steps end when the test says so. */
function work(options: Partial<BackgroundLoopOptions> = {}) {
  const { log, lines } = recordingLog();
  const steps: PromiseWithResolvers<boolean>[] = [];
  const step = () => {
    const running = Promise.withResolvers<boolean>();
    steps.push(running);
    return running.promise;
  };
  const loop = new BackgroundLoop({ name: 'the work', everyMs: 3_600_000, log, step, ...options });
  return { steps, messages: () => lines.map(({ msg }) => msg), loop };
}

/** Lets everything that waits for a promise continue. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('it sleeps until it is woken, and runs one step at a time', async () => {
  const { steps, loop } = work();
  await settle();
  expect(steps).toHaveLength(0);
  loop.wake();
  expect(steps).toHaveLength(1);
  for (let wakes = 0; wakes < 3; wakes++) loop.wake();
  await settle();
  expect(steps).toHaveLength(1);
  steps[0]?.resolve(false);
  await settle();
  expect(steps, 'one more for all that woke it meanwhile').toHaveLength(2);
  steps[1]?.resolve(false);
  await settle();
  expect(steps).toHaveLength(2);
  await loop.close();
});

test('it runs again at once while there is more', async () => {
  const { steps, loop } = work();
  loop.wake();
  steps[0]?.resolve(true);
  await settle();
  expect(steps).toHaveLength(2);
  steps[1]?.resolve(false);
  await loop.close();
});

test('it runs by itself now and then', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { steps, loop } = work({ everyMs: 1_000 });
  vi.advanceTimersByTime(1_000);
  steps[0]?.resolve(false);
  await settle();
  vi.advanceTimersByTime(1_000);
  expect(steps).toHaveLength(2);
  steps[1]?.resolve(false);
  await loop.close();
  vi.advanceTimersByTime(5_000);
  expect(steps).toHaveLength(2);
});

test('a failure waits for the next wake, and is logged once until a step succeeds', async () => {
  const { steps, messages, loop } = work();
  for (let failures = 0; failures < 3; failures++) {
    loop.wake();
    steps[failures]?.reject(new Error('not now'));
    await settle();
    expect(steps).toHaveLength(failures + 1);
  }
  loop.wake();
  steps[3]?.resolve(false);
  await settle();
  expect(messages()).toEqual(['the work failed and will be retried', 'the work works again']);
  await loop.close();
});

test('closing waits for the running step, and there is none after it', async () => {
  const { steps, loop } = work();
  loop.wake();
  loop.wake();
  let closed = false;
  const closing = loop.close().then(() => {
    closed = true;
  });
  await settle();
  expect(closed).toBe(false);
  steps[0]?.resolve(true);
  await closing;
  loop.wake();
  expect(steps).toHaveLength(1);
});

test('as many steps run at once as were allowed, each of them one more after a wake', async () => {
  const { steps, loop } = work({ concurrency: 2 });
  loop.wake();
  expect(steps).toHaveLength(2);
  loop.wake();
  steps[0]?.resolve(false);
  await settle();
  expect(steps).toHaveLength(3);
  steps[2]?.resolve(false);
  await settle();
  expect(steps).toHaveLength(3);
  let closed = false;
  const closing = loop.close().then(() => {
    closed = true;
  });
  await settle();
  expect(closed, 'the second step runs').toBe(false);
  steps[1]?.resolve(true);
  await closing;
  expect(steps).toHaveLength(3);
});

test('with a pause after a failure it tries again by itself, and no sooner', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { steps, messages, loop } = work({ retryMs: 1_000 });
  loop.wake();
  steps[0]?.reject(new Error('not now'));
  await settle();
  loop.wake();
  vi.advanceTimersByTime(999);
  expect(steps).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(steps).toHaveLength(2);
  steps[1]?.reject(new Error('not now either'));
  await settle();
  expect(messages()).toHaveLength(1);
  await loop.close();
  vi.advanceTimersByTime(5_000);
  expect(steps).toHaveLength(2);
});

test('each failure is logged where that is wanted', async () => {
  const { steps, messages, loop } = work({ logsEachFailure: true });
  for (const index of [0, 1]) {
    loop.wake();
    steps[index]?.reject(new Error('not now'));
    await settle();
  }
  expect(messages()).toHaveLength(2);
  await loop.close();
});

test('closing does the rest first where that is wanted, until there is no more or it fails', async () => {
  const { steps, loop } = work({ finishes: true, retryMs: 1_000 });
  const closing = loop.close();
  expect(steps, 'idle as it was, it looks once more').toHaveLength(1);
  steps[0]?.resolve(true);
  await settle();
  loop.wake();
  expect(steps).toHaveLength(2);
  steps[1]?.reject(new Error('not now'));
  await closing;
  expect(steps).toHaveLength(2);
});

test('with jitter it begins within a tenth of its time, and runs about as often as it says', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { steps, loop } = work({ everyMs: 1_000, jitter: true });
  vi.advanceTimersByTime(100);
  expect(steps).toHaveLength(1);
  steps[0]?.resolve(false);
  await settle();
  vi.advanceTimersByTime(649);
  expect(steps).toHaveLength(1);
  vi.advanceTimersByTime(601);
  expect(steps).toHaveLength(2);
  steps[1]?.resolve(false);
  await loop.close();
});
