import { beforeAll, describe, expect, test } from 'vitest';
import { parseId, toId } from '../../src/domain/ids.ts';
import {
  AccountsDocument,
  SearchUsersDocument,
  type SearchUsersQuery,
  type SearchUsersQueryVariables,
  UsersDocument,
  type UsersQueryVariables,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { statements } from '../kit/statements.ts';
import { present, unique } from '../kit/unique.ts';

const app = await startApp();
const { client, seed, site } = app;

let admin: Client;
beforeAll(async () => {
  admin = (await seed.boss()).client;
});

describe('the pages', () => {
  const word = unique('p');
  const count = 23;
  beforeAll(async () => {
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        seed.user(index % 2 ? { displayName: word } : { username: `${word}${index}` }),
      ),
    );
    // People who were created at the same moment are ordered by their ids.
    await site.sql(
      `update account set created_at = timestamptz '2026-11-01' + get_byte(uuid_send(id), 15) % 3 * interval '1 ms'
       where lower(username) like $1 || '%' or display_name = $1`,
      word,
    );
  });

  const newestFirst = async (condition: string, ...values: string[]) =>
    (
      await site.sql<{ id: string }>(
        `select id from account where deleted_at is null and (${condition}) order by created_at desc, id desc`,
        ...values,
      )
    ).map(({ id }) => id);
  const found = `lower(username) like $1 || '%' or display_name = $1`;

  interface Part {
    readonly nodes: readonly { readonly id: string }[];
    readonly totalCount: number;
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string | null;
      readonly endCursor: string | null;
    };
  }
  type Read = (variables: UsersQueryVariables) => Promise<Part>;

  const lists: readonly [
    name: string,
    prefix: 'user' | 'account',
    condition: string,
    values: string[],
    Read,
  ][] = [
    ['users', 'user', 'true', [], async (variables) => (await client.run(UsersDocument, variables)).users],
    [
      'users found',
      'user',
      found,
      [word],
      async (variables) => (await client.run(SearchUsersDocument, { search: word, ...variables })).users,
    ],
    [
      'accounts',
      'account',
      'true',
      [],
      async (variables) => (await admin.run(AccountsDocument, variables)).accounts,
    ],
    [
      'accounts found',
      'account',
      found,
      [word],
      async (variables) => (await admin.run(AccountsDocument, { search: word, ...variables })).accounts,
    ],
    [
      'accounts of a role',
      'account',
      `role = 'USER'`,
      [],
      async (variables) => (await admin.run(AccountsDocument, { role: 'USER', ...variables })).accounts,
    ],
  ];

  async function walk(read: Read, backward: boolean, size: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    for (;;) {
      const { nodes, pageInfo } = await read(
        backward ? { last: size, before: cursor } : { first: size, after: cursor },
      );
      expect(backward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(ids.length > 0);
      const part = nodes.map(({ id }) => id);
      ids.push(...(backward ? part.reverse() : part));
      cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
      if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return ids;
    }
  }

  test.each(lists)('of %s hold each once, the newest first, in both directions', async (...list) => {
    const [, prefix, condition, values, read] = list;
    const expected = (await newestFirst(condition, ...values)).map((uuid) => toId(prefix, uuid));
    expect(expected.length).toBeGreaterThanOrEqual(count);
    for (const size of [4, 23, 100]) {
      expect(await walk(read, false, size)).toEqual(expected);
      expect(await walk(read, true, size)).toEqual(expected.toReversed());
    }
    expect((await read({ first: 1 })).totalCount).toBe(expected.length);
    expect((await read({})).nodes).toHaveLength(20);
  });

  test('go on where others join and leave', async () => {
    const here = unique('h');
    const ids: string[] = [];
    for (let n = 0; n < 9; n++) ids.push((await seed.user({ displayName: here })).id);
    const seen: string[] = [];
    let after: string | null = null;
    for (let n = 0; ; n++) {
      const variables: SearchUsersQueryVariables = { search: here, first: 2, after };
      const { users }: SearchUsersQuery = await client.run(SearchUsersDocument, variables);
      seen.push(...users.nodes.map(({ id }) => id));
      if (!users.pageInfo.hasNextPage) break;
      after = users.pageInfo.endCursor;
      await seed.user({ displayName: here });
      // People on a page may be deleted before the next one is read, above all the one at the cursor.
      await site.sql(
        'update account set deleted_at = now(), email = null where id = $1',
        parseId(present(seen.at(-1))).uuid,
      );
      if (n > 20) throw new Error('The pages do not end.');
    }
    expect(seen).toEqual(ids.reverse());
  });

  test('take the cursors of their own list, and no others', async () => {
    const [users, accounts] = await Promise.all([
      client.run(UsersDocument, { first: 1 }),
      admin.run(AccountsDocument, { first: 1 }),
    ]);
    const [ofUsers, ofAccounts] = [users.users.pageInfo.endCursor, accounts.accounts.pageInfo.endCursor];
    expect(await client.fails(UsersDocument, { after: ofUsers })).toEqual([]);
    expect(await client.fails(SearchUsersDocument, { search: 'a', after: ofUsers })).toEqual([]);
    for (const after of [ofAccounts, 'nonsense', ''])
      expect(await client.fails(UsersDocument, { after })).toEqual(['BAD_USER_INPUT']);
    expect(await admin.fails(AccountsDocument, { after: ofUsers })).toEqual(['BAD_USER_INPUT']);
    for (const size of [{ first: 101 }, { first: -1 }, { last: 101 }, { first: 1, last: 1 }])
      expect(await client.fails(UsersDocument, size)).toEqual(['BAD_USER_INPUT']);
  });
});

test('1 row and 50 take the same statements', async () => {
  const word = unique('n');
  await Promise.all(Array.from({ length: 50 }, () => seed.user({ displayName: word })));
  await site.settled();
  const sent = (work: (first: number) => Promise<{ nodes: readonly unknown[] }>, first: number) =>
    statements(app, async () => expect((await work(first)).nodes).toHaveLength(first));
  const lists: [(first: number) => Promise<{ nodes: readonly unknown[] }>, Record<string, number>][] = [
    [
      async (first) => (await client.run(UsersDocument, { first })).users,
      { 'users.newest.first': 1, 'users.count.': 1 },
    ],
    [
      async (first) => (await client.run(SearchUsersDocument, { first, search: word })).users,
      { 'users.search.newest.first': 1, 'users.search.count.': 1 },
    ],
    [
      async (first) => (await admin.run(AccountsDocument, { first })).accounts,
      { 'accounts.newest.first': 1, 'accounts.count.': 1, 'user.byId': 1 },
    ],
    [
      async (first) => (await admin.run(AccountsDocument, { first, search: word, role: 'USER' })).accounts,
      { 'accounts.search.newest.first0': 1, 'accounts.search.count.0': 1, 'user.byId': 1 },
    ],
  ];
  for (const [work, expected] of lists) {
    expect(await sent(work, 1)).toEqual(expected);
    expect(await sent(work, 50)).toEqual(expected);
  }
});
