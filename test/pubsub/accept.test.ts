import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveRecord } from '../../src/pubsub/topics.ts';
import { createDatabase } from '../setup/services.ts';
import { complete, type Instance, idsOf, newIds, openInstance, take } from './live-setup.ts';

const opened = new AsyncDisposableStack();
let live: Instance;
beforeAll(async () => {
  const home = await createDatabase();
  opened.defer(() => home.drop());
  live = opened.use(await openInstance(home.url));
});
afterAll(() => opened.disposeAsync());

type Completion = LiveRecord<'quest_completed'>;

const open = (audience: string, wanted: (id: string) => boolean, after?: number) =>
  live.pubsub.stream({
    topic: 'quest_completed',
    audience,
    after,
    queueSize: 1,
    accept: ({ payload }: Completion) => wanted(payload.completionId),
  });

test('what is not accepted is not given, live and from a cursor', async () => {
  const audience = randomUUID();
  const ids = newIds(1_200);
  const wanted = new Set(ids.filter((_, index) => index % 100 === 99));
  const after = await live.pubsub.currentSeq();
  const stream = await open(audience, (id) => wanted.has(id));
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, wanted.size))).toEqual([...wanted]);
  const resumed = await open(audience, (id) => wanted.has(id), after);
  expect(idsOf(await take(resumed, wanted.size))).toEqual([...wanted]);
});

test('what is not accepted takes no place: nobody is too slow for what they are not given', async () => {
  const audience = randomUUID();
  const [unwanted, wanted] = [newIds(50), newIds(1)];
  const all = await live.pubsub.stream({ topic: 'quest_completed', audience });
  const stream = await open(audience, (id) => wanted.includes(id));
  // One commit each, so that they come one after the other, while nobody reads.
  for (const id of [...unwanted, ...wanted]) await complete(live, audience, id);
  await take(all, 51);
  expect(idsOf(await take(stream, 1))).toEqual(wanted);
});

test('it is asked again when a record is given out, for the answer may have changed', async () => {
  const audience = randomUUID();
  const [first = '', second = ''] = newIds(2);
  let refused = '';
  const all = await live.pubsub.stream({ topic: 'quest_completed', audience });
  const stream = await open(audience, (id) => id !== refused);
  await complete(live, audience, first, second);
  await take(all, 2);
  refused = first;
  expect(idsOf(await take(stream, 1))).toEqual([second]);
});
