import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { RecordQueue, SlowConsumer } from '../../src/pubsub/record-queue.ts';
import type { LiveRecord } from '../../src/pubsub/topics.ts';

const audience = randomUUID();

function records(from: number, to: number): LiveRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    topic: 'quest_completed',
    audience,
    payload: { completionId: randomUUID() },
    occurredAt: new Date(),
  }));
}

test('records come out as they went in, to a reader who waits and to one who comes later', async () => {
  const queue = new RecordQueue(10);
  const waiting = queue.take();
  queue.push(records(1, 2));
  queue.push(records(3, 3));
  expect((await waiting)?.seq).toBe(1);
  expect((await queue.take())?.seq).toBe(2);
  expect((await queue.take())?.seq).toBe(3);
});

test('past the bound all are dropped, and the reader is told; cleared, it begins anew', async () => {
  const queue = new RecordQueue(3);
  queue.push(records(1, 2));
  queue.push(records(3, 5));
  expect(queue.overflown).toBe(false);
  queue.push(records(6, 6));
  expect(queue.overflown).toBe(true);
  queue.push(records(7, 7));
  await expect(queue.take()).rejects.toThrow(SlowConsumer);
  queue.clear();
  queue.push(records(8, 8));
  expect((await queue.take())?.seq).toBe(8);
});

test('a failure comes after what waits, and stays', async () => {
  const queue = new RecordQueue(3);
  queue.push(records(1, 1));
  queue.fail(new Error('broken'));
  expect((await queue.take())?.seq).toBe(1);
  await expect(queue.take()).rejects.toThrow('broken');
  queue.clear();
  await expect(queue.take()).rejects.toThrow('broken');
});

test('closing ends the wait and drops what is left', async () => {
  const queue = new RecordQueue(3);
  const waiting = queue.take();
  queue.close();
  expect(await waiting).toBeUndefined();
  queue.push(records(1, 1));
  expect(await queue.take()).toBeUndefined();
});
