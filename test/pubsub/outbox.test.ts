import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { Rollback } from '../../src/domain/refusal.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import {
  committedIds,
  complete,
  completions,
  type Instance,
  idsOf,
  newIds,
  openInstance,
  take,
} from './live-setup.ts';
import { openStream } from './stream.ts';

class Refused extends Rollback {}

const countRows = statement<{ count: number }>('test.outbox.count', 'select count(*) from live_event');
const failSerialization = statement(
  'test.outbox.fail',
  `do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`,
);

let home: TestDatabase;
let live: Instance;
let audience: string;

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  live = await openInstance(home.url);
});
afterEach(async () => {
  await live[Symbol.asyncDispose]();
  await home.drop();
});

test('what is published arrives after the commit, with its payload, once', async () => {
  const stream = await openStream(live, { topic: 'wallet_changed', audience });
  const entryId = randomUUID();
  await transaction(live.database, async (tx) => {
    live.pubsub.outbox.publish(tx, 'notification_received', audience, { notificationId: randomUUID() });
    live.pubsub.outbox.publish(tx, 'wallet_changed', audience, { entryId });
    live.pubsub.outbox.publish(tx, 'wallet_changed', randomUUID(), { entryId: randomUUID() });
  });
  const [record] = await take(stream, 1);
  expect(record).toEqual({
    seq: 2,
    topic: 'wallet_changed',
    audience,
    payload: { entryId },
    occurredAt: expect.any(Date),
  });
});

test('a transaction that rolls back publishes nothing, however it ends', async () => {
  const stream = await completions(live, audience);
  const publish = (tx: Parameters<typeof live.pubsub.outbox.publish>[0]) =>
    live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId: randomUUID() });

  await transaction(live.database, async (tx) => {
    publish(tx);
    return new Refused();
  });
  const thrown = transaction(live.database, async (tx) => {
    publish(tx);
    throw new Error('changed my mind');
  });
  await expect(thrown).rejects.toThrow('changed my mind');
  const failed = transaction(live.database, async (tx) => {
    publish(tx);
    tx.atCommit(async () => {
      throw new Error('after the events were written');
    });
  });
  await expect(failed).rejects.toThrow('after the events were written');

  const [last] = newIds(1);
  await complete(live, audience, last ?? '');
  expect(idsOf(await take(stream, 1))).toEqual([last]);
  expect(await live.database.query(countRows)).toEqual([{ count: 1 }]);
});

test('all events of a transaction are written by one statement, the last, in their order', async () => {
  const ids = newIds(300);
  const stream = await completions(live, audience);
  live.statements.length = 0;
  await transaction(live.database, async (tx) => {
    for (const completionId of ids.slice(0, 150))
      live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId });
    await tx.query(countRows);
    for (const completionId of ids.slice(150))
      live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId });
  });
  expect(idsOf(await take(stream, 300))).toEqual(ids);
  const written = live.statements.filter((name) => name === 'outbox.insert' || name === 'test.outbox.count');
  expect(written).toEqual(['test.outbox.count', 'outbox.insert']);
});

test('what a later step of the commit publishes is written too', async () => {
  const ids = newIds(2);
  const [first = '', second = ''] = ids;
  const stream = await completions(live, audience);
  await transaction(live.database, async (tx) => {
    live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId: first });
    tx.atCommit(async () =>
      live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId: second }),
    );
  });
  expect(idsOf(await take(stream, 2))).toEqual(ids);
});

test('a transaction that is tried again publishes once', async () => {
  const [completionId = ''] = newIds(1);
  let attempts = 0;
  await transaction(live.database, async (tx) => {
    live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId });
    if (++attempts < 3) await tx.query(failSerialization);
  });
  expect(attempts).toBe(3);
  expect(await committedIds(live.database, audience)).toEqual([completionId]);
});
