import { describe, expect, test } from 'vitest';
import type { EventPayer } from '../../src/pubsub/event-payer.ts';
import { framesOf, openWithDatabase as open, operation, payer, type Render, reader } from './hand-feed.ts';
import { until } from './live-setup.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** A payer that has room only when a test says so. */
function poor(key: string) {
  const waiting: (() => void)[] = [];
  const paying: EventPayer & { points(): number } = {
    ...payer(key),
    room: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
  return { paying, waiting, give: () => waiting.shift()?.() };
}

describe('an event', () => {
  test('is paid for once by each payer of an operation, however many sockets are theirs', async () => {
    const { feed, hub } = open();
    const [one, other] = [payer('one'), payer('other')];
    const cheap = operation('cheap');
    const dear = { ...operation('dear'), cost: 7 };
    for (let socket = 0; socket < 50; socket++) hub.join(cheap, reader(undefined, one).subscriber, 0);
    hub.join(cheap, reader(undefined, other).subscriber, 0);
    hub.join(dear, reader(undefined, other).subscriber, 0);
    await settled();
    feed.handOn(3);
    await settled();
    expect([one.points(), other.points()]).toEqual([3, 3 + 3 * 7]);
  });

  test('of which a payer hears nothing costs them nothing', async () => {
    const { feed, hub } = open();
    const [hears, does] = [payer('hears'), payer('does not')];
    const deaf = reader(undefined, does).subscriber;
    const render: Render = async (records) => (subscriber) => (subscriber === deaf ? [] : framesOf(records));
    hub.join(operation('a', render), reader(undefined, hears).subscriber, 0);
    hub.join(operation('a', render), deaf, 0);
    await settled();
    feed.handOn(5);
    await settled();
    expect([hears.points(), does.points()]).toEqual([5, 0]);
  });

  test('that costs much is rendered with few others at once', async () => {
    const { feed, hub } = open();
    const batches: number[] = [];
    const render: Render = async (records) => {
      batches.push(records.length);
      return () => framesOf(records);
    };
    hub.join({ ...operation('a', render), cost: 3_000 }, reader().subscriber, 0);
    await settled();
    feed.handOn(7);
    await settled();
    expect(batches).toEqual([3, 3, 1]);
  });
});

describe('a replay', () => {
  test('costs what its events cost, and a little for each page', async () => {
    const { feed, asked, hub } = open();
    const paying = payer();
    feed.handOn(1_200);
    const readers = [reader(undefined, paying), reader(undefined, paying)];
    for (const { subscriber } of readers) hub.join({ ...operation('a'), cost: 5 }, subscriber, 0);
    await until(() => readers.every(({ seqs }) => seqs.length === 1_200));
    expect(asked).toEqual([0, 500, 1_000]);
    expect(paying.points()).toBe(1_200 * 5 + 3 * 10);
  });

  test('that costs much is read in small pages', async () => {
    const { feed, asked, hub } = open();
    feed.handOn(30);
    const { subscriber, seqs } = reader();
    hub.join({ ...operation('a'), cost: 1_000 }, subscriber, 0);
    await until(() => seqs.length === 30);
    expect(asked).toEqual([0, 10, 20]);
  });

  test('waits for room before each page, and others do not wait with it', async () => {
    const { feed, asked, hub } = open();
    const { paying, waiting, give } = poor('poor');
    feed.handOn(1_200);
    const [slow, quick] = [reader(undefined, paying), reader()];
    hub.join(operation('a'), slow.subscriber, 0);
    hub.join(operation('b'), quick.subscriber, 0);
    await until(() => quick.seqs.length === 1_200);
    await settled();
    expect([slow.seqs, waiting.length, asked]).toEqual([[], 1, [0, 500, 1_000]]);
    give();
    await until(() => slow.seqs.length === 500);
    await settled();
    expect([slow.seqs.length, waiting.length]).toEqual([500, 1]);
    for (const rest of [1_000, 1_200]) {
      give();
      await until(() => slow.seqs.length === rest);
    }
    expect(slow.seqs).toEqual(upTo(1_200));
    // Now it listens like any other.
    feed.handOn();
    await settled();
    expect(slow.seqs.at(-1)).toBe(1_201);
  });

  test('of a payer without room takes part in the page of one who has it', async () => {
    const { feed, asked, hub } = open();
    const { paying } = poor('poor');
    feed.handOn(300);
    const [slow, quick] = [reader(undefined, paying), reader()];
    hub.join(operation('a'), slow.subscriber, 10);
    await settled();
    hub.join(operation('a'), quick.subscriber, 0);
    await until(() => slow.seqs.length === 290);
    expect([quick.seqs, asked, paying.points()]).toEqual([upTo(300), [0], 290]);
  });

  test('has its turn beside a payer with dozens, in groups of their own and in the same one', async () => {
    const greedy = payer('greedy');
    /** How many pages had been requested when the others joined, and when they had everything. */
    const marks: number[] = [];
    const { feed, asked, hub } = open(() => {
      if (asked.length === 20) for (const name of ['modest', 'own']) joinModest(name);
    });
    const joinModest = (name: string) => {
      marks.push(asked.length);
      const { subscriber, seqs } = reader(undefined, payer(name));
      const write: typeof subscriber.write = (frames) => {
        const taken = subscriber.write(frames);
        if (seqs.length === 100) marks.push(asked.length);
        return taken;
      };
      hub.join(operation(name), { ...subscriber, write }, 900);
    };
    feed.handOn(1_000);
    for (let far = 0; far < 5; far++)
      hub.join(operation('own'), reader(undefined, greedy).subscriber, far * 200);
    const many = Array.from({ length: 60 }, (_, index) => {
      const each = reader(undefined, greedy);
      hub.join(operation(`${index}`), each.subscriber, 0);
      return each;
    });
    await until(() => many.every(({ seqs }) => seqs.length === 1_000));
    expect(marks).toHaveLength(4);
    expect(Math.max(...marks)).toBeLessThan(30);
    expect(asked.length).toBeGreaterThan(120);
  });

  test('of 50 payers at once gives each theirs, each event once, wherever they stand', async () => {
    const { feed, asked, hub } = open(() => void (feed.history.length < 2_010 && feed.handOn(1)));
    feed.handOn(2_000);
    const readers = Array.from({ length: 50 }, (_, index) => {
      const from = (index * 397) % 2_000;
      const each = reader(undefined, payer(`${index}`));
      hub.join(operation('a'), each.subscriber, from);
      return { ...each, from };
    });
    await until(() => readers.every(({ seqs, from }) => seqs.length === feed.history.length - from));
    for (const { seqs, from } of readers) expect(seqs).toEqual(upTo(feed.history.length).slice(from));
    // Readers at nearby positions share a page.
    expect(asked.length).toBeLessThan(60);
    feed.handOn();
    await settled();
    expect(readers.every(({ seqs }) => seqs.at(-1) === feed.history.length)).toBe(true);
  });
});
