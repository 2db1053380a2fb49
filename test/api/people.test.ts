import { beforeAll, describe, expect, test } from 'vitest';
import { toId } from '../../src/domain/ids.ts';
import {
  AccountDocument,
  AccountsDocument,
  type AccountsQueryVariables,
  SearchUsersDocument,
  UserDocument,
  UsersDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();

let admin: Client;
let everybody: readonly (readonly [who: string, client: Client])[];
beforeAll(async () => {
  const [boss, user, service] = await Promise.all([seed.boss(), seed.user(), seed.service()]);
  admin = boss.client;
  everybody = [
    ['nobody', client],
    ['USER', user.client],
    ['SERVICE', service.client],
    ['ADMIN', admin],
  ];
});

const gone = (person: Person) =>
  site.sql('update account set deleted_at = now(), email = null where username = $1', person.username);

describe('user and account', () => {
  test('an account is found by its user’s id, by admins', async () => {
    const ada = await seed.user({ displayName: 'Ada', timeZone: 'Europe/Lisbon' }).withGold(3);
    const { account } = await admin.run(AccountDocument, { userId: ada.id });
    expect(account).toEqual({
      id: ada.accountId,
      email: ada.email,
      role: 'USER',
      status: 'NEW',
      timeZone: 'Europe/Lisbon',
      user: { id: ada.id, username: ada.username, displayName: 'Ada' },
      wallet: { gold: 3, diamond: 0 },
    });
  });

  test('nothing is found where there is nothing, and a deleted one is gone', async () => {
    const deleted = await seed.user();
    await gone(deleted);
    const nobody = toId('user', '01890000-0000-7000-8000-00000000000f');
    for (const userId of [nobody, deleted.id, deleted.accountId, (await seed.quest()).id])
      expect(await admin.run(AccountDocument, { userId })).toEqual({ account: null });
    expect(await admin.run(UserDocument, { username: deleted.username })).toEqual({ user: null });
    expect(await admin.fails(AccountDocument, { userId: 'user_' })).toEqual(['BAD_USER_INPUT']);
  });

  test('a name that nobody can have is nobody’s', async () => {
    for (const username of ['', '\u0000', 'a\u0000b', '\ud800', "'", '%', 'x'.repeat(5_000)])
      expect(await client.run(UserDocument, { username })).toEqual({ user: null });
  });
});

type Page = { readonly nodes: readonly { readonly id: string }[]; readonly totalCount: number };
const idsOf = ({ nodes, totalCount }: Page) => {
  expect(totalCount).toBe(nodes.length);
  return nodes.map(({ id }) => id);
};

const usersFound = async (search: string, who = client) =>
  idsOf((await who.run(SearchUsersDocument, { search, first: 100 })).users);
const accountsFound = async (variables: AccountsQueryVariables) =>
  idsOf((await admin.run(AccountsDocument, { first: 100, ...variables })).accounts);

describe('a search', () => {
  test('finds a beginning of the username or of the displayed name, without case, for everyone', async () => {
    const word = unique('q');
    const [byName, byDisplay, both] = [
      await seed.user({ username: `${word}-One`, displayName: 'Somebody' }),
      await seed.user({ displayName: `${word.toUpperCase()} two words` }),
      await seed.user({ username: `${word}.3`, displayName: word }),
    ];
    await seed.user({ username: `x${word}`, displayName: `The ${word}` });
    for (const [, who] of everybody) {
      expect(await usersFound(word, who)).toEqual([both.id, byDisplay.id, byName.id]);
      expect(await usersFound(` ${word.toUpperCase()}  `, who)).toEqual([both.id, byDisplay.id, byName.id]);
    }
    expect(await usersFound(`${word} two`)).toEqual([byDisplay.id]);
    expect(await usersFound(`${word}-one`)).toEqual([byName.id]);
    expect(await usersFound(`${word}-one!`)).toEqual([]);
    expect(await usersFound(both.email)).toEqual([]);
  });

  test('takes what it is given as it is: nothing in it is a wildcard', async () => {
    const word = unique('w');
    const names = ['%', '_', '\\', "'", '"', '%%', '_x', '\\%', '(', '[a-z]', '^', '.*', '$1', ':*'];
    const people = new Map<string, string>();
    for (const name of names)
      people.set(name, (await seed.user({ displayName: `${word}${name}`, username: unique('u') })).id);
    const plain = (await seed.user({ displayName: `${word}a` })).id;
    const newestFirst = [...people.values(), plain].reverse();
    expect(await usersFound(word)).toEqual(newestFirst);
    for (const name of names) {
      const beginning = [...people].filter(([other]) => other.startsWith(name)).map(([, id]) => id);
      expect([name, await usersFound(word + name)]).toEqual([name, beginning.reverse()]);
      expect([name, await usersFound(name + word)]).toEqual([name, []]);
    }
  });

  test('knows letters beyond a to z, in either spelling', async () => {
    const word = unique('');
    const { id } = await seed.user({ displayName: `Ångström 🦊${word}` });
    for (const search of ['Ångström 🦊', 'A\u030angstro\u0308m 🦊', 'ångström 🦊'])
      expect([search, await usersFound(search + word)]).toEqual([search, [id]]);
    const last = (await seed.user({ displayName: `${word}\u{10fffd}x` })).id;
    for (const search of [word, `${word}\u{10fffd}`]) expect(await usersFound(search)).toEqual([last]);
  });

  test('is none where nothing is typed', async () => {
    const { users } = await client.run(UsersDocument, { first: 100 });
    for (const search of ['', '   ', '\u00a0'])
      expect((await client.run(SearchUsersDocument, { search, first: 100 })).users.totalCount).toBe(
        users.totalCount,
      );
  });

  test('has at most 200 characters, and none that nobody types', async () => {
    expect(await usersFound('🦊'.repeat(200))).toEqual([]);
    for (const search of ['x'.repeat(201), 'a\u0000', 'a\nb', '\u0007', 'a\ud800']) {
      expect(await client.fails(SearchUsersDocument, { search })).toEqual(['BAD_USER_INPUT']);
      expect(await admin.fails(AccountsDocument, { search })).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('of accounts finds a beginning of the email, too', async () => {
    const word = unique('m');
    const [byEmail, byName, byDisplay] = [
      await seed.user({ email: `${word}@Example.com` }),
      await seed.user({ username: word, email: `x${word}@example.com` }),
      await seed.user({ displayName: `${word} %` }),
    ];
    expect(await accountsFound({ search: word.toUpperCase() })).toEqual(
      [byDisplay, byName, byEmail].map(({ accountId }) => accountId),
    );
    expect(await accountsFound({ search: `${word}@example` })).toEqual([byEmail.accountId]);
    expect(await accountsFound({ search: `${word} %` })).toEqual([byDisplay.accountId]);
    expect(await accountsFound({ search: `${word}%` })).toEqual([]);
  });

  test('and a role narrow the accounts together', async () => {
    const word = unique('r');
    const person = await seed.user({ displayName: word });
    const service = await seed.service();
    await site.sql('update account set display_name = $1 where username = $2', word, service.username);
    expect(await accountsFound({ search: word })).toEqual([service.accountId, person.accountId]);
    expect(await accountsFound({ search: word, role: 'SERVICE' })).toEqual([service.accountId]);
    expect(await accountsFound({ search: word, role: 'USER' })).toEqual([person.accountId]);
    expect(await accountsFound({ search: word, role: 'ADMIN' })).toEqual([]);
    const services = await site.sql<{ count: number }>(
      `select count(*)::int as count from account where role = 'SERVICE'`,
    );
    expect(await accountsFound({ role: 'SERVICE' })).toHaveLength(present(services[0]).count);
    expect(await accountsFound({ role: 'SERVICE' })).toContain(service.accountId);
    expect(await accountsFound({ role: null, search: word })).toHaveLength(2);
  });

  test('finds suspended people, and no deleted ones', async () => {
    const word = unique('s');
    const [open, suspended, deleted] = [
      await seed.user({ displayName: word }),
      await seed.user({ displayName: word }),
      await seed.user({ displayName: word }),
    ];
    await site.sql(`update account set status = 'SUSPENDED' where username = $1`, suspended.username);
    await gone(deleted);
    expect(await usersFound(word)).toEqual([suspended.id, open.id]);
    expect(await accountsFound({ search: word })).toEqual([suspended.accountId, open.accountId]);
    const { users } = await client.run(UsersDocument, { first: 100 });
    expect(users.nodes.map(({ id }) => id)).not.toContain(deleted.id);
  });
});
