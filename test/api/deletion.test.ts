import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  AccountDocument,
  AccountsDocument,
  AdjustWalletDocument,
  CollectionDocument,
  ContentOfUserDocument,
  DeleteAccountDocument,
  DeleteUserDocument,
  HelloDocument,
  NodesDocument,
  RecordEventsDocument,
  RefreshSessionDocument,
  RemainsDocument,
  ReverseEntryDocument,
  SearchUsersDocument,
  SignInDocument,
  UserDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { everything } from './everything.ts';
import { expectSoundLedger } from './ledger.ts';
import { type Life, lead } from './lives.ts';

const app = await startApp();
const { client, seed, site } = app;
const neighbour = await startApp({}, site);

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const ways = {
  deleteAccount: async ({ client: own, password }: Person) =>
    (await own.mutate(DeleteAccountDocument, { input: { password } })).deletedUserId,
  deleteUser: async ({ id: userId }: Person) =>
    (await admin.client.mutate(DeleteUserDocument, { input: { userId } })).deletedUserId,
};

const idsOf = (...lists: { readonly nodes: readonly { readonly id: string }[] }[]) =>
  lists.flatMap(({ nodes }) => nodes.map(({ id }) => id));
const userNamed = async (username: string) => (await client.run(UserDocument, { username })).user;

describe.each(['deleteAccount', 'deleteUser'] as const)('%s', (way) => {
  let life: Life;
  let uuid: string;
  let kept: string;
  let pseudonym: string;
  const keptTables = ['ledger_entry', 'purchase', 'quest_completion', 'wallet'];
  beforeAll(async () => {
    life = await lead(app);
    uuid = parseId(life.person.id).uuid;
    kept = await site.contents(...keptTables);
    expect(await ways[way](life.person)).toBe(life.person.id);
    await site.settled();
    const [row] = await site.sql<{ username: string }>('select username from account where id = $1', uuid);
    pseudonym = present(row).username;
  });

  test('removes all that is private, and all content', async () => {
    for (const table of [
      ...['session', 'identity', 'idempotency_key', 'notification', 'recorded_event'],
      ...['quest_progress', 'quest_progress_event'],
    ])
      expect([table, await site.sql(`select from ${table} where account_id = $1`, uuid)]).toEqual([
        table,
        [],
      ]);
    expect(await site.sql('select from post where author_id = $1', uuid)).toEqual([]);
    expect(await site.sql('select from collection where owner_id = $1', uuid)).toEqual([]);
  });

  test('leaves a pseudonym that says nothing, anywhere', async () => {
    const rows = await site.sql(
      'select to_jsonb(account) - $2::text[] as row from account where id = $1',
      uuid,
      ['created_at', 'updated_at', 'deleted_at'],
    );
    expect(rows).toEqual([
      {
        row: {
          id: uuid,
          username: expect.stringMatching(/^deleted-[a-z0-9]{20}$/),
          display_name: 'Deleted user',
          email: null,
          password_hash: null,
          avatar_url: null,
          role: 'USER',
          status: 'ACTIVE',
          suspended_from: null,
          tokens_valid_from: null,
          time_zone: 'UTC',
        },
      },
    ]);
    const all = await everything(site);
    for (const name of life.names) expect([name, all.includes(name)]).toEqual([name, false]);
    const retired = await site.contents('retired_username');
    expect(all.replace(/^retired_username.*$/gm, '')).not.toContain(life.person.username);
    expect(retired).toContain(life.person.username);
  });

  test('keeps the ledger, the balance, the purchases and the completions', async () => {
    expect(await site.contents(...keptTables)).toBe(kept);
    await expectSoundLedger(site);
    const { wallet, purchases, completions } = life.all;
    const who = { id: life.person.id, username: pseudonym, displayName: 'Deleted user', avatarUrl: null };
    const ids = idsOf(purchases, completions, wallet.entries);
    expect((await admin.client.run(RemainsDocument, { ids: [...ids, wallet.id] })).nodes).toEqual([
      ...purchases.nodes.map(({ id }) => ({ __typename: 'Purchase', id, buyer: who })),
      ...completions.nodes.map(({ id }) => ({ __typename: 'QuestCompletion', id, user: who })),
      ...wallet.entries.nodes.map(({ id }) => expect.objectContaining({ __typename: 'LedgerEntry', id })),
      { __typename: 'Wallet', id: wallet.id, gold: wallet.gold, diamond: wallet.diamond },
    ]);
    expect([purchases, completions, wallet.entries].map(({ nodes }) => nodes.length)).toEqual([1, 2, 4]);
  });

  test('leaves nobody to be found: not by id, name or search, not by admins', async () => {
    const { person, all } = life;
    for (const who of [client, admin.client]) {
      expect(await who.run(UserDocument, { id: person.id })).toEqual({ user: null });
      for (const username of [person.username, pseudonym])
        expect(await who.run(ContentOfUserDocument, { username })).toEqual({ user: null });
      for (const search of [person.username, pseudonym, 'Deleted user'])
        expect((await who.run(SearchUsersDocument, { search })).users.totalCount).toBe(0);
      const ids = [
        person.id,
        person.accountId,
        ...idsOf(all.user.posts, all.user.collections, all.notifications, all.questProgress),
      ];
      expect(ids.length).toBeGreaterThan(10);
      expect((await who.run(NodesDocument, { ids })).nodes).toEqual(ids.map(() => null));
    }
    expect(await admin.client.run(AccountDocument, { userId: person.id })).toEqual({ account: null });
    for (const search of [person.email, person.username, pseudonym])
      expect((await admin.client.run(AccountsDocument, { search })).accounts.totalCount).toBe(0);
  });

  test('leaves what is others’', async () => {
    const { friend, friends, friendsPost } = life;
    const { collection } = await client.run(CollectionDocument, { id: friends.id });
    expect(collection?.posts).toMatchObject({ totalCount: 1, nodes: [{ id: friendsPost.id }] });
    expect((await friend.client.run(ViewerDocument)).viewer?.id).toBe(friend.accountId);
    expect(await userNamed(friend.username)).toMatchObject({ id: friend.id });
  });

  test('ends every session, and nobody signs in', async () => {
    const { person, phone } = life;
    for (const token of [person, phone]) {
      for (const at of [client, neighbour.client])
        expect(await at.as(token).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
      const { refreshToken } = token;
      expect(await client.refused(RefreshSessionDocument, { input: { refreshToken } })).toEqual([
        ['TOKEN_INVALID', 'input.refreshToken'],
      ]);
    }
    const before = await everything(site);
    const { password } = person;
    for (const login of [person.username, person.email, pseudonym])
      expect(await client.refused(SignInDocument, { input: { login, password } })).toEqual([
        ['CREDENTIALS_INVALID', null],
      ]);
    expect(await everything(site)).toBe(before);
  });

  test('leaves nobody to give anything to', async () => {
    const { id: userId } = life.person;
    const amount = { currency: 'GOLD', amount: 1 } as const;
    const gift = { userId, amount, note: 'x', idempotencyKey: unique('key') };
    expect(await admin.client.refused(AdjustWalletDocument, { input: gift })).toEqual([
      ['NOT_FOUND', 'input.userId'],
    ]);
    const event = {
      eventId: crypto.randomUUID(),
      eventType: unique('test.'),
      timestamp: new Date().toISOString(),
    };
    const { results } = await admin.client.mutate(RecordEventsDocument, {
      input: { events: [{ ...event, userId }] },
    });
    expect(results).toMatchObject([{ outcome: 'REJECTED' }]);
    expect(await admin.client.refused(DeleteUserDocument, { input: { userId } })).toEqual([
      ['NOT_FOUND', 'input.userId'],
    ]);
  });

  test('leaves entries that can be reversed, and tells nobody', async () => {
    const [entry] = life.all.wallet.entries.nodes.slice(-1);
    await admin.client.mutate(ReverseEntryDocument, { input: { entryId: present(entry).id, note: 'x' } });
    await expectSoundLedger(site);
    expect(await site.sql('select from notification where account_id = $1', uuid)).toEqual([]);
  });
});

describe('deleteAccount', () => {
  test('is for whoever is signed in, of any role', async () => {
    const before = await everything(site);
    expect(await client.fails(DeleteAccountDocument, { input: {} })).toEqual(['UNAUTHENTICATED']);
    expect(await client.fails(DeleteAccountDocument, { input: { password: 'x' } })).toEqual([
      'UNAUTHENTICATED',
    ]);
    expect(await everything(site)).toBe(before);
    for (const person of [await seed.user(), await seed.service(), await seed.admin()]) {
      expect(await ways.deleteAccount(person)).toBe(person.id);
      const { uuid } = parseId(person.id);
      expect(await site.sql('select role from account where id = $1', uuid)).toEqual([{ role: 'USER' }]);
    }
  });

  test('asks for the password, and changes nothing without it', async () => {
    const person = await seed.user();
    const before = await everything(site);
    for (const input of [
      {},
      { password: null },
      { password: '' },
      { password: `${person.password} ` },
      { password: person.password.toUpperCase() },
      { password: 'x'.repeat(100_000) },
      { password: '\u0000' },
    ])
      expect(await person.client.refused(DeleteAccountDocument, { input })).toEqual([
        ['CREDENTIALS_INVALID', 'input.password'],
      ]);
    expect(await everything(site)).toBe(before);
    expect(await person.client.fails(HelloDocument)).toEqual([]);
  });

  test('asks for none where the account has none', async () => {
    for (const input of [{}, { password: null }, { password: 'whatever' }]) {
      const person = await seed.user();
      await site.sql('update account set password_hash = null where username = $1', person.username);
      const { deletedUserId } = await person.client.mutate(DeleteAccountDocument, { input });
      expect(deletedUserId).toBe(person.id);
    }
  });

  test('closes the sockets of every process', async () => {
    const person = await seed.user();
    const bystander = openLive((await seed.user()).client);
    const sockets = [client, neighbour.client].map((at) => openLive(at.as(person)));
    for (const live of [...sockets, bystander]) await live.run(ViewerDocument);
    await ways.deleteAccount(person);
    for (const live of sockets) expect(await live.closed()).toMatchObject({ code: 4403 });
    await bystander.run(ViewerDocument);
  });

  test('of somebody suspended, or who never signed in, works like any other', async () => {
    const person = await seed.user();
    await site.sql(`update account set status = 'SUSPENDED' where username = $1`, person.username);
    expect(
      await person.client.fails(DeleteAccountDocument, { input: { password: person.password } }),
    ).toEqual(['UNAUTHENTICATED']);
    expect(await ways.deleteUser(person)).toBe(person.id);
  });
});
