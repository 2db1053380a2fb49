import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../setup/services.ts';
import { complete, type Instance, idsOf, newIds, openInstance, take } from './live-setup.ts';
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
