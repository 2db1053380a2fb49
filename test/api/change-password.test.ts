import { describe, expect, test } from 'vitest';
import {
  ChangePasswordDocument,
  HelloDocument,
  NotificationsDocument,
  SessionsDocument,
  SignInDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { sessionIdOf } from '../kit/session-id.ts';
import { overtaken } from './overtaken.ts';

const { client, seed, site } = await startApp();
const neighbour = await startApp({}, site);

const newPassword = 'seven quiet lanterns';
const change = (
  { client: who, password }: Person,
  given: { currentPassword?: string; newPassword?: string } = {},
) => who.refused(ChangePasswordDocument, { input: { currentPassword: password, newPassword, ...given } });
const signIn = ({ username: login }: Person, password: string) =>
  client.refused(SignInDocument, { input: { login, password } });
const wrong = [['CREDENTIALS_INVALID', 'input.currentPassword']];
const tables = ['account', 'session', 'notification', 'live_event'];

describe('changePassword', () => {
  test('the new one signs in, and the old one no longer', async () => {
    const person = await seed.user();
    const input = { currentPassword: person.password, newPassword };
    const { account } = await person.client.mutate(ChangePasswordDocument, { input });
    expect(account.id).toBe(person.accountId);
    expect(await signIn(person, person.password)).toEqual([['CREDENTIALS_INVALID', null]]);
    expect(await signIn(person, newPassword)).toEqual([]);
  });

  test('ends every other session, on every instance and open socket; the present one goes on', async () => {
    const person = await seed.user();
    const others = [await seed.signIn(person), await seed.signIn(person)];
    const sockets = [client, neighbour.client].flatMap((at) => others.map((other) => openLive(at.as(other))));
    const own = openLive(neighbour.client.as(person));
    for (const live of [...sockets, own]) await live.run(ViewerDocument);

    expect(await change(person)).toEqual([]);
    for (const at of [client, neighbour.client])
      for (const other of others)
        expect(await at.as(other).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    for (const live of sockets) expect(await live.closed()).toMatchObject({ code: 4403 });
    expect((await own.run(ViewerDocument)).viewer?.id).toBe(person.accountId);
    const { viewer } = await person.client.run(SessionsDocument);
    expect(viewer?.sessions.map(({ id }) => id)).toEqual([sessionIdOf(person)]);
  });

  test('is told to the person, and audited without a word of the password', async () => {
    const person = await seed.user();
    expect(await change(person)).toEqual([]);
    const { viewer } = await person.client.run(NotificationsDocument);
    expect(viewer?.notifications.nodes).toMatchObject([
      { kind: 'SYSTEM', title: 'Your password was changed', subject: { id: person.accountId } },
    ]);
    const events = await site.sql(
      `select action, actor_id = subject_id as "byOwner", detail, ip_address as at
       from audit_event e join audit_origin o on o.audit_event_id = e.id
       where action = 'password.changed' and subject_id = (select id from account where username = $1)`,
      person.username,
    );
    expect(events).toEqual([{ action: 'password.changed', byOwner: true, detail: null, at: '127.0.0.1' }]);
  });

  test.each([
    ['a wrong current password', { currentPassword: 'not theirs at all' }, wrong],
    ['an empty one', { currentPassword: '' }, wrong],
    ['one too short', { newPassword: 'short' }, [['INVALID', 'input.newPassword']]],
    ['one too long', { newPassword: 'x'.repeat(129) }, [['INVALID', 'input.newPassword']]],
    ['a common one', { newPassword: 'password123' }, [['INVALID', 'input.newPassword']]],
  ])('%s changes nothing', async (_, given, refused) => {
    const person = await seed.user();
    await seed.signIn(person);
    await site.settled();
    const before = await site.contents(...tables);
    expect(await change(person, given)).toEqual(refused);
    expect(await site.contents(...tables)).toBe(before);
  });

  test('is not for an account without a password', async () => {
    const person = await seed.user();
    await site.sql('update account set password_hash = null where username = $1', person.username);
    expect(await change(person)).toEqual(wrong);
  });

  test('50 at once: one wins, and its password is the one that signs in', async () => {
    const person = await seed.user();
    // Makes this address known to the account, so that 49 wrong guesses from it lock nobody out.
    await seed.signIn(person);
    const passwords = Array.from({ length: 50 }, (_, n) => `${newPassword} ${n}`);
    // A busy machine refuses some for lack of time.
    const answers = await Promise.all(
      passwords.map((given) => eventually(() => change(person, { newPassword: given }))),
    );
    const winners = passwords.filter((_, index) => answers[index]?.length === 0);
    expect(winners).toHaveLength(1);
    expect(answers.filter((refused) => refused.length > 0)).toEqual(Array(49).fill(wrong));
    expect(await signIn(person, winners[0] ?? '')).toEqual([]);
  });

  test('the proven password has to stand until the change is written', async () => {
    const person = await seed.user();
    const answers = await overtaken(
      site,
      [`update account set password_hash = 'another' where username = $1`, person.username],
      () => change(person),
    );
    expect(answers).toEqual([wrong]);
  });
});
