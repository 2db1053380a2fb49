import { beforeAll, describe, expect, test } from 'vitest';
import { parseId, toId } from '../../src/domain/ids.ts';
import {
  NestedPostIdsDocument,
  type NestedPostIdsQuery,
  PostIdsDocument,
  type PostIdsOfPageFragment,
  type PostIdsQueryVariables,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();

type Asked = PostIdsQueryVariables;
type Page = PostIdsOfPageFragment;

const word = unique('word');
let author: Person;
let authorUuid: string;
beforeAll(async () => {
  author = await seed.user();
  authorUuid = parseId(author.id).uuid;
});

/**
 * Few distinct titles, times and relevances, so that most posts share theirs with others; a fifth contains the word.
 */
const insertPosts = `insert into post (author_id, title, body, created_at, updated_at)
  select $1, (array['Same', 'same', 'Ähnlich', 'Zebra', '“Quoted”'])[i % 5 + 1] || ' ' || i % 3,
    $3 || case when i % 5 = 0 then ' ' || $2 else '' end || case when i % 20 = 0 then ' ' || $2 else '' end,
    timestamptz '2026-11-01Z' + i % 50 * interval '1 ms', timestamptz '2026-11-02Z' + i % 70 * interval '1 ms'
  from generate_series(1, $4::int) as place(n), lateral (select (n * 7919 + $5::int) % 10007 as i)
  returning id`;

async function makePosts(count: number, kind: string, from = 0): Promise<string[]> {
  const rows = await site.sql<{ id: string }>(insertPosts, authorUuid, word, kind, count, from);
  return rows.map(({ id }) => id);
}

/** Reads a whole list, page by page, while others add and delete posts. */
async function walk(ask: (part: Asked) => Promise<Page>, size: number, backward: boolean) {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (;;) {
    const { nodes, pageInfo } = await ask(
      backward ? { last: size, before: cursor } : { first: size, after: cursor },
    );
    const page = nodes.map(({ id }) => id);
    ids.push(...(backward ? page.reverse() : page));
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) break;
    cursor = present(backward ? pageInfo.startCursor : pageInfo.endCursor);
  }
  return backward ? ids.reverse() : ids;
}

/** Deletes and adds posts all over the lists while `work` runs. */
async function amidChange<T>(passing: string[], work: () => Promise<T>): Promise<T> {
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  for (let round = 0; !done; round++) {
    await site.sql('delete from post where id = $1', passing.shift());
    passing.push(...(await makePosts(1, 'passing', round * 31)));
    await seed.post(author, { body: word });
  }
  return working;
}

const orders = [
  ['CREATED_AT', 'ASC', 'created_at, id'],
  ['CREATED_AT', 'DESC', 'created_at desc, id desc'],
  ['UPDATED_AT', 'ASC', 'updated_at, id'],
  ['UPDATED_AT', 'DESC', 'updated_at desc, id desc'],
  ['TITLE', 'ASC', 'title, id'],
  ['TITLE', 'DESC', 'title desc, id desc'],
  ['RELEVANCE', 'DESC', 'ts_rank(search, search_query($2)) desc, id desc'],
] as const;

/** The posts that stay, in the order of the list. */
async function inOrder(staying: readonly string[], orderBy: string): Promise<string[]> {
  const rows = await site.sql<{ id: string }>(
    `select id from post where id = any($1) and (search @@ search_query($2) or $3) order by ${orderBy}`,
    staying,
    word,
    !orderBy.includes('search'),
  );
  return rows.map(({ id }) => toId('post', id));
}

function expectEachOnce(walked: readonly string[], staying: readonly string[]): void {
  const known = new Set(staying);
  expect(walked.filter((id) => known.has(id))).toEqual(staying);
  expect(new Set(walked).size).toBe(walked.length);
}

describe('while posts are added and deleted', () => {
  let staying: string[];
  let passing: string[];
  beforeAll(async () => {
    passing = await makePosts(1_000, 'passing');
    staying = await makePosts(10_000, 'staying');
  });

  test('each of 10,000 that stay shows exactly once, in every order, both ways', async () => {
    await amidChange(passing, () =>
      Promise.all(
        orders.flatMap(([field, direction, sql]) =>
          [false, true].map(async (backward) => {
            const ask = async (part: Asked) => {
              const search = field === 'RELEVANCE' ? word : null;
              const asked = { search, orderBy: { field, direction }, ...part };
              return (await client.run(PostIdsDocument, asked)).posts;
            };
            const expected = await inOrder(staying, sql);
            expectEachOnce(await walk(ask, 100, backward), expected);
          }),
        ),
      ),
    );
  }, 60_000);

  test('so it does in pages of any size, among the posts of an author and of a collection', async () => {
    const collection = await seed.collection(author);
    const kept = staying.slice(0, 150);
    const { uuid } = parseId(collection.id);
    const collect = `insert into collection_post (collection_id, post_id, added_at)
      select $1, id, timestamptz '2026-11-03Z' + place % 9 * interval '1 ms'
      from unnest($2::uuid[]) with ordinality as post(id, place)`;
    await site.sql(collect, uuid, [...kept, ...passing.slice(0, 100)]);
    const lastAdded = await site.sql<{ id: string }>(
      `select post_id as id from collection_post where collection_id = $1 and post_id = any($2)
       order by added_at desc, post_id desc`,
      uuid,
      kept,
    );
    const nested = (id: string) => async (part: Asked) =>
      (await client.run(NestedPostIdsDocument, { id, orderBy: { field: 'TITLE' }, ...part })).node;
    await amidChange(passing, () =>
      Promise.all(
        [false, true].flatMap((backward) => [
          ...[7, 33].map(async (size) => {
            const ask = async (part: Asked) => postsOf(await nested(collection.id)(part));
            expectEachOnce(
              await walk(ask, size, backward),
              lastAdded.map(({ id }) => toId('post', id)),
            );
          }),
          (async () => {
            const ask = async (part: Asked) => postsOf(await nested(author.id)(part));
            const expected = await inOrder(staying, 'title desc, id desc');
            expectEachOnce(await walk(ask, 100, backward), expected);
          })(),
        ]),
      ),
    );
  });
});

type Node = NestedPostIdsQuery['node'];

function postsOf(node: Node): Page {
  if (node !== null && 'posts' in node) return node.posts;
  throw new Error('There is no such list.');
}
