import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../setup/services.ts';
import { complete, type Instance, idsOf, newIds, openInstance, take, until } from './live-setup.ts';
import { openStream } from './stream.ts';

const opened = new AsyncDisposableStack();
let live: Instance;
beforeAll(async () => {
  const home = await createDatabase();
  opened.defer(() => home.drop());
  live = opened.use(await openInstance(home.url));
});
afterAll(() => opened.disposeAsync());

const open = (audience: string, wanted: (id: string) => boolean, after?: number) =>
  openStream(live, {
    topic: 'quest_completed',
    audience,
    after,
    accept: ({ completionId }) => wanted(completionId),
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

test('what nobody asks for is left out by PostgreSQL, in bounded pieces, live as from a cursor', async () => {
  const audience = randomUUID();
  const [first = '', wanted = '', also = ''] = newIds(3);
  const after = await live.pubsub.currentSeq();
  const contents = [{ completionId: wanted }, { completionId: also }];
  const stream = await openStream(live, { topic: 'quest_completed', audience, contents });
  await complete(live, audience, first, wanted, ...newIds(12_000), also, ...newIds(10));
  expect(idsOf(await take(stream, 2))).toEqual([wanted, also]);
  live.statements.length = 0;
  const resumed = await openStream(live, { topic: 'quest_completed', audience, contents, after });
  expect(idsOf(await take(resumed, 2))).toEqual([wanted, also]);
  // Pages of 5,000 events; reading everything in pages of 500 would take 25.
  const pages = () => live.statements.filter((name) => name === 'replay.audience').length;
  await until(() => pages() === 3);
  await complete(live, audience, wanted);
  expect(idsOf(await take(resumed, 1))).toEqual([wanted]);
  expect(pages()).toBe(3);
  const nothing = await openStream(live, { topic: 'quest_completed', audience, contents: [], after });
  await until(() => pages() === 6);
  await nothing.return();
});
