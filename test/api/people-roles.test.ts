import { beforeAll, describe, expect, test } from 'vitest';
import { toId } from '../../src/domain/ids.ts';
import {
  AccountDocument,
  AccountsDocument,
  DeleteUserDocument,
  HelloDocument,
  NotificationsDocument,
  RefreshSessionDocument,
  type Role,
  SetRoleDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { withClient } from '../setup/postgres.ts';
import { everything } from './everything.ts';

const { client, seed, site } = await startApp();
const neighbour = await startApp({}, site);

let admin: Person;
beforeAll(async () => {
  // Two admins, so that nobody is the last one.
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const setRole = async ({ id }: Person, role: Role) =>
  (await admin.client.mutate(SetRoleDocument, { input: { userId: id, role } })).account.role;
const refresh = async ({ refreshToken }: { refreshToken: string }) =>
  client.mutate(RefreshSessionDocument, { input: { refreshToken } });
const roleIn = (accessToken: string) => claimsOf(accessToken).role;
const claimsOf = (accessToken: string) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
const roles: readonly Role[] = ['USER', 'SERVICE', 'ADMIN'];

describe('what admins do to people', () => {
  test('is denied to everybody else, over HTTP and WebSocket, and changes nothing', async () => {
    const [victim, user, service] = await Promise.all([seed.user().active(), seed.user(), seed.service()]);
    const attempts = (who: Client) => {
      const userId = victim.id;
      const live = openLive(who);
      return [
        () => who.fails(AccountDocument, { userId }),
        () => who.fails(AccountsDocument, {}),
        () => who.fails(AccountsDocument, { search: 'x', role: 'ADMIN' }),
        () => who.fails(SetRoleDocument, { input: { userId, role: 'ADMIN' } }),
        () => who.fails(SuspendAccountDocument, { input: { userId, suspended: true } }),
        () => who.fails(SuspendAccountDocument, { input: { userId, suspended: false } }),
        () => who.fails(DeleteUserDocument, { input: { userId } }),
        async () =>
          (await live.events(SetRoleDocument, { input: { userId, role: 'ADMIN' } as const })).fails(),
        async () =>
          (await live.events(SuspendAccountDocument, { input: { userId, suspended: true } })).fails(),
        async () => (await live.events(DeleteUserDocument, { input: { userId } })).fails(),
        async () => (await live.events(AccountDocument, { userId })).fails(),
      ];
    };
    const before = await everything(site);
    for (const attempt of attempts(client)) expect(await attempt()).toEqual(['UNAUTHENTICATED']);
    for (const who of [user, service, victim])
      for (const attempt of attempts(who.client)) expect(await attempt()).toEqual(['FORBIDDEN']);
    expect(await everything(site)).toBe(before);
  });

  test('finds no user by an id of nobody, of another type, or of a deleted one, and changes nothing', async () => {
    const deleted = await seed.user();
    await admin.client.mutate(DeleteUserDocument, { input: { userId: deleted.id } });
    const nobody = toId('user', '01890000-0000-7000-8000-00000000000f');
    const before = await everything(site);
    for (const userId of [nobody, deleted.id, admin.accountId, (await seed.boss()).accountId]) {
      for (const refused of [
        admin.client.refused(SetRoleDocument, { input: { userId, role: 'SERVICE' } }),
        admin.client.refused(SuspendAccountDocument, { input: { userId, suspended: true } }),
        admin.client.refused(SuspendAccountDocument, { input: { userId, suspended: false } }),
        admin.client.refused(DeleteUserDocument, { input: { userId } }),
      ])
        expect(await refused).toEqual([['NOT_FOUND', 'input.userId']]);
    }
    for (const userId of ['', 'user', 'user_', admin.id.toUpperCase()]) {
      for (const fails of [
        admin.client.fails(SetRoleDocument, { input: { userId, role: 'SERVICE' } }),
        admin.client.fails(SuspendAccountDocument, { input: { userId, suspended: true } }),
        admin.client.fails(DeleteUserDocument, { input: { userId } }),
      ])
        expect(await fails).toEqual(['BAD_USER_INPUT']);
    }
    expect(await everything(site)).toBe(before);
  });
});

describe('setRole', () => {
  test('makes anything of anybody', async () => {
    for (const from of roles)
      for (const to of roles) {
        const person = await seed.user();
        await setRole(person, from);
        expect(await setRole(person, to)).toBe(to);
        const { account } = await admin.client.run(AccountDocument, { userId: person.id });
        expect([from, to, account?.role, account?.status]).toEqual([from, to, to, 'NEW']);
      }
  });

  test('to what somebody is already changes nothing, and ends no token', async () => {
    const people = [await seed.user(), await seed.service(), admin];
    const before = await everything(site);
    for (const [index, person] of people.entries()) await setRole(person, roles[index] ?? 'USER');
    expect(await everything(site)).toBe(before);
    for (const person of people) expect(await person.client.fails(HelloDocument)).toEqual([]);
  });

  test('knows the three roles alone', async () => {
    for (const role of ['admin', 'ROOT', '', null, 1]) {
      const query = 'mutation($input: SetRoleInput!) { setRole(input: $input) { userErrors { code } } }';
      const { body } = await admin.client.post({ query, variables: { input: { userId: admin.id, role } } });
      expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('ends the tokens that stand, at once and in every process; refreshing gives the new role', async () => {
    const person = await seed.user();
    const [phone, bystander] = [await seed.signIn(person), await seed.user()];
    const sockets = [client, neighbour.client].flatMap((at) => [
      openLive(at.as(person)),
      openLive(at.as(phone)),
    ]);
    const spared = openLive(bystander.client);
    for (const live of [...sockets, spared]) await live.run(ViewerDocument);

    await setRole(person, 'ADMIN');
    for (const token of [person, phone])
      for (const at of [client, neighbour.client])
        expect(await at.as(token).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    for (const live of sockets) expect(await live.closed()).toMatchObject({ code: 4403 });
    expect((await spared.run(ViewerDocument)).viewer?.id).toBe(bystander.accountId);

    for (const token of [person, phone]) {
      const renewed = await refresh(token);
      expect([renewed.account.role, roleIn(renewed.accessToken)]).toEqual(['ADMIN', 'ADMIN']);
      expect(claimsOf(renewed.accessToken).sid).toBe(claimsOf(token.accessToken).sid);
      for (const at of [client, neighbour.client])
        expect((await at.as(renewed).run(ViewerDocument)).viewer?.role).toBe('ADMIN');
      expect(await client.as(token).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    }
    expect(roleIn((await seed.signIn(person)).accessToken)).toBe('ADMIN');
  });

  test('gives the rights of the new role, and takes those of the old one', async () => {
    const person = await seed.user();
    await setRole(person, 'ADMIN');
    const asAdmin = await refresh(person);
    expect(await client.as(asAdmin).fails(AccountsDocument, {})).toEqual([]);
    await setRole(person, 'SERVICE');
    expect(await client.as(asAdmin).fails(AccountsDocument, {})).toEqual(['UNAUTHENTICATED']);
    const asService = await refresh(asAdmin);
    expect(await client.as(asService).fails(AccountsDocument, {})).toEqual(['FORBIDDEN']);
    await setRole(person, 'ADMIN');
    expect(await client.as(asService).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
  });

  test('closes no socket of a token with the new role, however late its event comes', async () => {
    const person = await seed.user();
    const old = openLive(person.client);
    await old.run(ViewerDocument);
    await site.settled();
    const live = await withClient(site.variables.DATABASE_URL ?? '', async (relay) => {
      // Nothing is relayed while another session holds the relay's lock.
      await relay.query(`select pg_advisory_lock(hashtextextended('questline_live', 0))`);
      await setRole(person, 'SERVICE');
      const { accessToken } = await refresh(person);
      return Socket.acknowledged(client, { authorization: `Bearer ${accessToken}` });
    });
    expect(await old.closed()).toMatchObject({ code: 4403 });
    live.send({ type: 'ping' });
    await live.receive('pong');
    await setRole(person, 'USER');
    expect(await live.closeCode()).toBe(4403);
  });

  test('is told to the person, once for each change', async () => {
    const person = await seed.user();
    await setRole(person, 'ADMIN');
    await setRole(person, 'ADMIN');
    await setRole(person, 'USER');
    const told = { kind: 'SYSTEM', subject: { id: person.accountId } };
    const { viewer } = await client.as(await refresh(person)).run(NotificationsDocument);
    expect(viewer?.notifications.nodes).toMatchObject([
      { ...told, body: expect.stringContaining('ordinary user') },
      { ...told, body: expect.stringContaining('admin') },
    ]);
    expect(viewer?.unreadNotificationCount).toBe(2);
  });

  test('50 at once leave what the last one said, and each change was told', async () => {
    const person = await seed.user();
    await Promise.all(Array.from({ length: 50 }, (_, n) => setRole(person, n % 2 ? 'SERVICE' : 'USER')));
    const { account } = await admin.client.run(AccountDocument, { userId: person.id });
    const renewed = await refresh(person);
    expect(renewed.account.role).toBe(account?.role);
    const { viewer } = await client.as(renewed).run(NotificationsDocument, { first: 100 });
    const bodies = (viewer?.notifications.nodes ?? []).map(({ body }) => body);
    expect(bodies.length % 2).toBe(account?.role === 'SERVICE' ? 1 : 0);
  });
});
