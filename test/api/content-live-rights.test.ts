import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  CollectionChangedDocument,
  type CollectionChangedSubscription,
  HelloDocument,
  LiveCursorDocument,
  UpdateCollectionDocument,
  type UpdateCollectionInput,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive, type Stream, StreamFailed } from '../kit/live.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import type { Person } from '../kit/seed.ts';
import { sessionIdOf } from '../kit/session-id.ts';

const redis = await startOwnRedis();
const { client: nobody, seed, site } = await startApp({ REDIS_URL: redis.url });

// Without the event that closes their socket, because it may come a moment after the collection's next event.
test.each([
  ['made something else', `update account set role = 'USER' where id = $1`],
  ['suspended', `update account set status = 'SUSPENDED' where id = $1`],
  ['deleted', 'update account set deleted_at = now(), email = null where id = $1'],
])('an admin who is %s hears no more of a private collection, live or from a cursor', async (_, change) => {
  const [former, owner, author] = [await seed.admin(), await seed.user(), await seed.user()];
  const secret = await seed.collection(owner, { visibility: 'PRIVATE' });
  const [first, second, third] = [await seed.post(author), await seed.post(author), await seed.post(author)];
  await site.settled();
  const after = (await nobody.run(LiveCursorDocument)).liveCursor;
  const socket = openLive(former.client);
  const variables = { collectionId: secret.id, after };
  const live = await socket.events(CollectionChangedDocument, variables);
  const ofOwner = await openLive(owner.client).events(CollectionChangedDocument, variables);
  const update = (given: Omit<UpdateCollectionInput, 'id'>) =>
    owner.client.mutate(UpdateCollectionDocument, { input: { id: secret.id, ...given } });
  await seed.collect(owner, secret, first);
  await expectNext([live, ofOwner], { action: 'POST_ADDED', postId: first.id });

  await keepLease(former);
  await site.sql(change, parseId(former.id).uuid);
  const replayed = await socket.events(CollectionChangedDocument, variables);
  await seed.collect(owner, secret, second);
  await expectNext([ofOwner], { action: 'POST_ADDED', postId: second.id });
  await update({ expectedVersion: 1, visibility: 'PUBLIC' });
  await expectNext([live, replayed, ofOwner], { action: 'UPDATED' });
  await update({ expectedVersion: 2, visibility: 'PRIVATE' });
  await expectNext([ofOwner], { action: 'UPDATED' });
  await update({ expectedVersion: 3, visibility: 'PUBLIC', name: 'For all' });
  await expectNext([live, replayed, ofOwner], { action: 'UPDATED', collection: { name: 'For all' } });
  await seed.collect(owner, secret, third);
  await expectNext([live, replayed, ofOwner], { action: 'POST_ADDED', postId: third.id });
});

test('of 50 who begin to listen while a collection is hidden each is told so, or refused', async () => {
  const owner = await seed.user();
  for (let round = 0; round < 5; round++) {
    const { id } = await seed.collection(owner);
    const socket = openLive(nobody);
    const variables = { collectionId: id, after: null };
    const [streams] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => socket.events(CollectionChangedDocument, variables))),
      owner.client.mutate(UpdateCollectionDocument, {
        input: { id, expectedVersion: 1, visibility: 'PRIVATE' },
      }),
    ]);
    const heard = await Promise.all(streams.map(firstOf));
    for (const answer of heard) expect(['HIDDEN', 'BAD_USER_INPUT']).toContain(answer);
  }
});

/** Makes the person's lease permanent, whatever PostgreSQL says: an ordinary lease is too short for a slow test. */
async function keepLease(person: Person): Promise<void> {
  await eventually(async () => {
    await person.client.run(HelloDocument);
    const [key = ''] = await redis.keys(`*session:${sessionIdOf(person)}`);
    return (await redis.command('persist', key)) === 1;
  });
}

/** What comes first: the action of an event, or the code of a refusal. */
async function firstOf(stream: Stream<CollectionChangedSubscription>): Promise<string | undefined> {
  try {
    return (await stream.next()).collectionChanged.action;
  } catch (error) {
    if (error instanceof StreamFailed) return error.codes[0];
    throw error;
  }
}

async function expectNext(streams: readonly Stream<CollectionChangedSubscription>[], event: object) {
  for (const stream of streams) expect((await stream.next()).collectionChanged).toMatchObject(event);
}
