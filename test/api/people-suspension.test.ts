import { beforeAll, describe, expect, test } from 'vitest';
import {
  AccountDocument,
  EventsDocument,
  HelloDocument,
  NotificationsDocument,
  RefreshSessionDocument,
  SignInDocument,
  SignOutDocument,
  SuspendAccountDocument,
  UserDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';
import { everything } from './everything.ts';

const { client, seed, site } = await startApp();
const neighbour = await startApp({}, site);

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const suspend = ({ id: userId }: Pick<Person, 'id'>, suspended = true) =>
  admin.client.mutate(SuspendAccountDocument, { input: { userId, suspended } });
const statusOf = async ({ id: userId }: Person) =>
  (await admin.client.run(AccountDocument, { userId })).account?.status;
const signInAnswer = async ({ username: login, password }: Pick<Person, 'username' | 'password'>) =>
  (await client.ask(SignInDocument, { input: { login, password } })).body;
const refreshErrors = ({ refreshToken }: Pick<Person, 'refreshToken'>) =>
  client.refused(RefreshSessionDocument, { input: { refreshToken } });

describe('a suspended account', () => {
  test('cannot sign in, by its username or email, like one that is not there', async () => {
    const person = await seed.user().active();
    await suspend(person);
    const before = await everything(site);
    const unknown = await signInAnswer({ username: unique('nobody'), password: person.password });
    expect(unknown.data?.signIn?.userErrors).toMatchObject([{ code: 'CREDENTIALS_INVALID', field: null }]);
    expect(await signInAnswer(person)).toEqual(unknown);
    expect(await signInAnswer({ ...person, username: person.email })).toEqual(unknown);
    expect(await everything(site)).toBe(before);
  });

  test('has no token any more, at once and in every process; its sockets close, and refreshing is refused', async () => {
    const person = await seed.user();
    const [phone, bystander] = [await seed.signIn(person), await seed.user()];
    const sockets = [client, neighbour.client].flatMap((at) => [
      openLive(at.as(person)),
      openLive(at.as(phone)),
    ]);
    const spared = openLive(bystander.client);
    for (const live of [...sockets, spared]) await live.run(ViewerDocument);

    const { account } = await suspend(person);
    expect(account).toMatchObject({ id: person.accountId, status: 'SUSPENDED' });
    for (const token of [person, phone]) {
      for (const at of [client, neighbour.client]) {
        expect(await at.as(token).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
        const socket = await Socket.open(at);
        socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token.accessToken}` } });
        expect(await socket.closeCode()).toBe(4403);
      }
      expect(await refreshErrors(token)).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    }
    for (const live of sockets) expect(await live.closed()).toMatchObject({ code: 4403 });
    expect((await spared.run(ViewerDocument)).viewer?.id).toBe(bystander.accountId);
  });

  test('is seen by others as before', async () => {
    const person = await seed.user();
    const { user } = await client.run(UserDocument, { id: person.id });
    await suspend(person);
    expect(await client.run(UserDocument, { id: person.id })).toEqual({ user });
    expect(await client.run(UserDocument, { username: person.username })).toEqual({ user });
  });

  test('signs in again once that is lifted; what ended stays ended', async () => {
    const person = await seed.user().active();
    await suspend(person);
    expect((await suspend(person, false)).account.status).toBe('ACTIVE');
    expect(await person.client.fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    expect(await refreshErrors(person)).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    const back = await seed.signIn(person);
    expect((await back.client.run(ViewerDocument)).viewer?.status).toBe('ACTIVE');
  });

  test('that was NEW is NEW again, so that its first sign-in is still to come', async () => {
    const person = await seed.user();
    expect(await statusOf(person)).toBe('NEW');
    await suspend(person);
    expect(await statusOf(person)).toBe('SUSPENDED');
    await suspend(person, false);
    expect(await statusOf(person)).toBe('NEW');
    for (const first of [true, false]) {
      await seed.signIn(person);
      const { events } = await admin.client.run(EventsDocument, { userId: person.id, first: 1 });
      expect(events.nodes).toMatchObject([{ eventType: 'user.signed_in', data: { first } }]);
    }
    expect(await statusOf(person)).toBe('ACTIVE');
  });

  test('may be an admin, where there are others', async () => {
    const colleague = await seed.admin();
    await suspend(colleague);
    expect(await colleague.client.fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    await suspend(colleague, false);
    const { viewer } = await (await seed.signIn(colleague)).client.run(ViewerDocument);
    expect(viewer?.role).toBe('ADMIN');
  });
});

describe('suspendAccount', () => {
  test('of what is so already changes nothing', async () => {
    const [open, suspended] = await Promise.all([seed.user(), seed.user()]);
    await suspend(suspended);
    const before = await everything(site);
    expect((await suspend(open, false)).account.status).toBe('NEW');
    expect((await suspend(suspended)).account.status).toBe('SUSPENDED');
    expect(await everything(site)).toBe(before);
    expect(await open.client.fails(HelloDocument)).toEqual([]);
  });

  test('leaves what ended before as it ended', async () => {
    const person = await seed.user();
    const phone = await seed.signIn(person);
    await phone.client.mutate(SignOutDocument);
    const ended = () =>
      site.sql(
        `select session.id, ended_at from session join account on account.id = account_id
         where username = $1 and ended_at < now() - interval '1 hour'`,
        person.username,
      );
    await site.sql(`update session set ended_at = ended_at - interval '1 day' where ended_at is not null`);
    const before = await ended();
    await suspend(person);
    expect(before).toHaveLength(1);
    expect(await ended()).toEqual(before);
  });

  test('is told to the person, and so is its end', async () => {
    const person = await seed.user();
    await suspend(person);
    await suspend(person, false);
    const back = await seed.signIn(person);
    const { viewer } = await back.client.run(NotificationsDocument);
    const told = { kind: 'SYSTEM', subject: { id: person.accountId } };
    expect(viewer?.notifications.nodes).toMatchObject([
      { ...told, title: expect.stringContaining('open again') },
      { ...told, title: expect.stringContaining('suspended') },
    ]);
    expect(viewer?.unreadNotificationCount).toBe(2);
  });

  test('50 at once suspend once', async () => {
    const person = await seed.user();
    await Promise.all(Array.from({ length: 50 }, () => suspend(person)));
    await Promise.all(Array.from({ length: 50 }, () => suspend(person, false)));
    expect(await statusOf(person)).toBe('NEW');
    const { viewer } = await (await seed.signIn(person)).client.run(NotificationsDocument);
    expect(viewer?.notifications.totalCount).toBe(2);
  });

  test('among 50 who sign in and refresh leaves no token that works', async () => {
    const person = await seed.user();
    const devices = await Promise.all(Array.from({ length: 10 }, () => seed.signIn(person)));
    const { username: login, password } = person;
    const attempts = [
      ...Array.from({ length: 40 }, async () => {
        const { signIn } = await client.run(SignInDocument, { input: { login, password } });
        return signIn;
      }),
      ...devices.map(async ({ refreshToken }) => {
        const { refreshSession } = await client.run(RefreshSessionDocument, { input: { refreshToken } });
        return refreshSession;
      }),
    ];
    await Promise.all([suspend(person), ...attempts]);
    for (const answer of await Promise.all(attempts)) {
      if (!answer?.accessToken || !answer.refreshToken) continue;
      const { accessToken, refreshToken } = answer;
      expect(await client.as({ accessToken }).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
      expect(await refreshErrors({ refreshToken })).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    }
    const live = await site.sql(
      `select from session join account on account.id = account_id where username = $1 and ended_at is null`,
      person.username,
    );
    expect(live).toEqual([]);
  });
});
