import { beforeAll, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  DeleteAccountDocument,
  DeletePostDocument,
  MarkNotificationsReadDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';

// Large amounts of data are served in pages, so that each statement and each turn of the process has a bounded cost.

const { seed, site } = await startApp();
let other: Person;
beforeAll(async () => {
  other = await seed.user();
});

const uuidOf = ({ id }: { readonly id: string }) => parseId(id).uuid;

async function countOf(from: string, ...values: unknown[]): Promise<number> {
  const [row] = await site.sql<{ count: number }>(`select count(*)::int as count from ${from}`, ...values);
  return row?.count ?? -1;
}

const told = (topic: string, action: string, key: string, value: string) =>
  countOf(
    `(select distinct payload from live_event where topic = $1 and payload ->> 'action' = $2
      and (payload ->> $3 = $4 or audience::text = $4)) as told`,
    ...[topic, action, key, value],
  );

test('a person with thousands of everything is deleted with all of it, and each who listens is told', async () => {
  const person = await seed.user();
  const [own, kept] = [uuidOf(person), await seed.collection(other)];
  await site.sql(
    `with post as (
      insert into post (author_id, title, body) select $1, 'A post', 'Words.' from generate_series(1, 2300) returning id
    ), collection as (
      insert into collection (owner_id, name) select $1, 'A collection' from generate_series(1, 1200)
    )
    insert into collection_post (collection_id, post_id) select $2, id from post`,
    own,
    uuidOf(kept),
  );
  await site.sql(
    `with told as (
      insert into notification (account_id, kind, title, body)
      select $1, 'SYSTEM', 'Something', 'happened.' from generate_series(1, 5001)
    )
    insert into recorded_event (recorded_by, event_id, event_type, account_id, occurred_at, time_zone, local_date,
      applied_at)
    select $1, gen_random_uuid(), 'test.large', $1, now(), 'UTC', '2026-03-01', now() from generate_series(1, 10000)`,
    own,
  );
  await person.client.mutate(DeleteAccountDocument, { input: { password: person.password } });
  for (const from of [
    'post where author_id = $1',
    'collection where owner_id = $1',
    'notification where account_id = $1',
    'recorded_event where account_id = $1',
  ])
    expect([from, await countOf(from, own)]).toEqual([from, 0]);
  expect(await countOf('collection_post where collection_id = $1', uuidOf(kept))).toBe(0);
  expect(await told('post_changed', 'DELETED', 'authorId', own)).toBe(2_300);
  expect(await told('collection_changed', 'POST_REMOVED', 'none', uuidOf(kept))).toBe(2_300);
  expect(
    await countOf(`live_event where topic = 'collection_changed' and payload ->> 'action' = 'DELETED'`),
  ).toBe(1_200);
});

test('a post in thousands of collections leaves them all', async () => {
  const [person, post] = [await seed.user(), await seed.post(other)];
  await site.sql(
    `with made as (
      insert into collection (owner_id, name) select $1, 'A collection' from generate_series(1, 2000) returning id
    )
    insert into collection_post (collection_id, post_id) select id, $2 from made`,
    uuidOf(person),
    uuidOf(post),
  );
  await other.client.mutate(DeletePostDocument, { input: { id: post.id } });
  expect(await told('collection_changed', 'POST_REMOVED', 'postId', uuidOf(post))).toBe(1);
  const removed = `live_event where topic = 'collection_changed' and payload ->> 'postId' = $1`;
  expect(await countOf(removed, uuidOf(post))).toBe(2_000);
});

test('all of thousands of notifications are read at once, by fifty who ask for it', async () => {
  const person = await seed.user();
  await site.sql(
    `insert into notification (account_id, kind, title, body)
    select $1, 'SYSTEM', 'Something', 'happened.' from generate_series(1, 11000)`,
    uuidOf(person),
  );
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => person.client.mutate(MarkNotificationsReadDocument, { input: {} })),
  );
  expect(answers.map(({ unreadNotificationCount }) => unreadNotificationCount)).toEqual(answers.map(() => 0));
  expect(await countOf('notification where account_id = $1 and read_at is null', uuidOf(person))).toBe(0);
});
