import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Db } from '../src/database/database.ts';
import { FairLimit } from '../src/database/fair-limit.ts';
import { LimitedDb } from '../src/database/limited-db.ts';
import { statement } from '../src/database/statement.ts';

/** Work that goes on until the test ends it. */
function held() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  let [running, most] = [0, 0];
  const work = (name: string) => async () => {
    begun.push(name);
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  const endAll = async () => {
    while (ends.length > 0) {
      ends.shift()?.();
      await nextLoop();
    }
  };
  return { begun, work, endAll, most: () => most };
}

/** A separate lane. */
function lane(limit: FairLimit) {
  const key = {};
  return { run: <T>(work: () => Promise<T>) => limit.run(key, work) };
}

describe('turns', () => {
  test('are so many at once, of 50 that want one', async () => {
    const limit = new FairLimit({ most: 3 });
    const { begun, work, endAll, most } = held();
    const all = Array.from({ length: 50 }, (_, index) => lane(limit).run(work(`${index}`)));
    await nextLoop();
    expect(begun).toHaveLength(3);
    await endAll();
    await Promise.all(all);
    expect([begun.length, most()]).toEqual([50, 3]);
  });

  test('go round: who fills a lane keeps another waiting for one turn', async () => {
    const limit = new FairLimit({ most: 1 });
    const { begun, work, endAll } = held();
    const [greedy, modest] = [lane(limit), lane(limit)];
    const all = [
      ...Array.from({ length: 20 }, (_, index) => greedy.run(work(`greedy ${index}`))),
      ...Array.from({ length: 2 }, (_, index) => modest.run(work(`modest ${index}`))),
    ];
    await endAll();
    await Promise.all(all);
    expect(begun.slice(0, 5)).toEqual(['greedy 0', 'greedy 1', 'modest 0', 'greedy 2', 'modest 1']);
    expect(begun).toHaveLength(22);
  });

  test('are given back where the work fails, and its error is its caller’s', async () => {
    const own = lane(new FairLimit({ most: 1 }));
    const failing = Array.from({ length: 5 }, (_, index) =>
      own.run(() => Promise.reject(new Error(`${index}`))),
    );
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(await own.run(async () => 'well')).toBe('well');
  });

  test('are had in the asynchronous context of whoever wants them', async () => {
    const storage = new AsyncLocalStorage<number>();
    const own = lane(new FairLimit({ most: 1 }));
    const seen = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        storage.run(index, () =>
          own.run(async () => {
            await nextLoop();
            return storage.getStore();
          }),
        ),
      ),
    );
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('that take long are not begun all in one go: other work comes in between', async () => {
    const limit = new FairLimit({ most: 4, slice: 5 });
    let done = 0;
    const busy = async () => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      done++;
    };
    const all = Promise.all(Array.from({ length: 60 }, () => lane(limit).run(busy)));
    const between: number[] = [];
    while (done < 60) {
      await nextLoop();
      between.push(done);
    }
    await all;
    // Some 2 or 3 run in each turn of the event loop, besides those that had begun.
    expect(between.length).toBeGreaterThan(6);
  });
});

test('a part of the database runs so many statements at once, and a part of a part does not stand in its own way', async () => {
  const probe = statement<object>('test.limited', 'select 1');
  let [running, most] = [0, 0];
  const whole: Db = {
    async query() {
      most = Math.max(most, ++running);
      await nextLoop();
      running--;
      return [];
    },
  };
  const part = new LimitedDb(new LimitedDb(whole, 2).lane(), 2);
  const lanes = Array.from({ length: 50 }, () => part.lane());
  await Promise.all(lanes.flatMap((lane) => [lane.query(probe), lane.query(probe)]));
  expect([most, running]).toEqual([2, 0]);
});
