import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  HelloDocument,
  RefreshSessionDocument,
  RevokeSessionDocument,
  SessionsDocument,
  SessionsOfAccountsDocument,
  SignInDocument,
  SignOutDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { sessionIdOf } from '../kit/session-id.ts';
import { statements } from '../kit/statements.ts';
import { present } from '../kit/unique.ts';

const app = await startApp();
const { client, seed, site } = app;

const sessionsOf = async (who: Client) => present((await who.run(SessionsDocument)).viewer).sessions;
const idsOf = async (who: Client) => (await sessionsOf(who)).map(({ id }) => id);
const revoke = (who: Client, sessionId: string) =>
  who.refused(RevokeSessionDocument, { input: { sessionId } });
const codesFor = (token: { accessToken: string }) => client.as(token).fails(HelloDocument);
const auditOf = (sessionId: string) =>
  site.sql<{ action: string; byOwner: boolean | null; at: string | null }>(
    `select action, actor_id = subject_id as "byOwner", ip_address as at
     from audit_event e left join audit_origin o on o.audit_event_id = e.id
     where detail ->> 'sessionId' = $1 order by e.id`,
    sessionId,
  );
/** A person who has signed in `times` more times. */
async function signedIn(times: number): Promise<[Person, ...Person[]]> {
  const person = await seed.user();
  const more: Person[] = [];
  for (let n = 0; n < times; n++) more.push(await seed.signIn(person));
  return [person, ...more];
}

describe('Account.sessions', () => {
  test('are those that live, with where they were begun, and which one asks', async () => {
    const [person, phone, gone] = await signedIn(2);
    await present(gone).client.mutate(SignOutDocument);
    const tablet = await client.with({ 'user-agent': 'Tablet/1.0' }).mutate(RefreshSessionDocument, {
      input: { refreshToken: present(phone).refreshToken },
    });
    const sessions = await sessionsOf(person.client);
    expect(new Set(sessions.map(({ id }) => id))).toEqual(
      new Set([sessionIdOf(person), sessionIdOf(present(phone))]),
    );
    for (const session of sessions) {
      expect(session).toEqual({
        id: expect.any(String),
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        userAgent: 'node',
        ipAddress: '127.0.0.1',
        isCurrent: session.id === sessionIdOf(person),
      });
    }
    const current = (await sessionsOf(client.as(tablet))).filter(({ isCurrent }) => isCurrent);
    expect(current.map(({ id }) => id)).toEqual([sessionIdOf(present(phone))]);
  });

  test('keep 500 characters of a user agent, and the audit event with them', async () => {
    const person = await seed.user();
    const away = client.with({ 'user-agent': 'a'.repeat(600) });
    const { accessToken } = await away.mutate(SignInDocument, {
      input: { login: person.username, password: person.password },
    });
    const begun = (await sessionsOf(client.as({ accessToken }))).find(({ isCurrent }) => isCurrent);
    expect(begun?.userAgent).toBe('a'.repeat(500));
    const origins = await site.sql(
      `select user_agent from audit_event e join audit_origin o on o.audit_event_id = e.id
       where subject_id = (select id from account where username = $1) and user_agent like 'a%'`,
      person.username,
    );
    expect(origins).toEqual([{ user_agent: 'a'.repeat(500) }]);
  });

  test('are at most 50, the last seen first, and none that has expired', async () => {
    const person = await seed.user();
    await site.sql(
      `insert into session (account_id, last_seen_at, expires_at)
       select id, now() - n * interval '1 minute', now() + (n - 55) * interval '-1 minute'
       from account, generate_series(1, 60) n where username = $1`,
      person.username,
    );
    const sessions = await sessionsOf(person.client);
    expect(sessions).toHaveLength(50);
    expect(sessions[0]?.isCurrent).toBe(true);
    const seen = sessions.map(({ lastSeenAt }) => lastSeenAt);
    expect(seen).toEqual([...seen].sort().reverse());
    await site.sql(
      `update session set expires_at = now() where account_id = (select id from account where username = $1)
         and id <> $2`,
      person.username,
      sessionIdOf(person),
    );
    expect(await idsOf(person.client)).toEqual([sessionIdOf(person)]);
  });

  test('are for their owner and admins alone, and none of somebody else’s is current', async () => {
    const [victim, person, admin] = await Promise.all([seed.user(), seed.user(), seed.admin()]);
    const ids = [victim.accountId];
    const seenBy = async (who: Client) => (await who.run(SessionsOfAccountsDocument, { ids })).nodes;
    expect(await seenBy(client)).toEqual([null]);
    expect(await seenBy(person.client)).toEqual([null]);
    expect(await seenBy(admin.client)).toEqual([
      {
        id: victim.accountId,
        sessions: [expect.objectContaining({ id: sessionIdOf(victim), isCurrent: false })],
      },
    ]);
  });

  test('of 1 account and of 20 take the same statements', async () => {
    const admin = await seed.admin();
    const people = await Promise.all(Array.from({ length: 20 }, () => seed.user()));
    const sent = (count: number) =>
      statements(app, async () => {
        const ids = people.slice(0, count).map(({ accountId }) => accountId);
        const { nodes } = await admin.client.run(SessionsOfAccountsDocument, { ids });
        expect(nodes).toMatchObject(
          people.slice(0, count).map((person) => ({ sessions: [{ id: sessionIdOf(person) }] })),
        );
      });
    expect(await sent(1)).toEqual({ 'account.byId': 1, 'session.ofAccount': 1 });
    expect(await sent(20)).toEqual({ 'account.byId': 1, 'session.ofAccount': 1 });
  });
});

describe('revokeSession', () => {
  test('ends one session at once, over HTTP, for refresh and on its sockets, and no other', async () => {
    const [person, phone, other] = await signedIn(2);
    const lives = [present(phone), present(other)].map((at) => openLive(at.client));
    for (const live of lives) await live.run(ViewerDocument);
    const sessionId = sessionIdOf(present(phone));
    expect(await person.client.mutate(RevokeSessionDocument, { input: { sessionId } })).toEqual({
      sessionId,
      userErrors: [],
    });
    expect(await codesFor(present(phone))).toEqual(['UNAUTHENTICATED']);
    const { refreshToken } = present(phone);
    expect(await client.refused(RefreshSessionDocument, { input: { refreshToken } })).toEqual([
      ['TOKEN_INVALID', 'input.refreshToken'],
    ]);
    expect(await lives[0]?.closed()).toMatchObject({ code: 4403 });
    expect((await lives[1]?.run(ViewerDocument))?.viewer?.id).toBe(person.accountId);
    expect(await idsOf(person.client)).not.toContain(sessionId);
    expect(await auditOf(sessionId)).toEqual([{ action: 'session.revoked', byOwner: true, at: '127.0.0.1' }]);
  });

  test('ends the present one too', async () => {
    const person = await seed.user();
    expect(await revoke(person.client, sessionIdOf(person).toUpperCase())).toEqual([]);
    expect(await codesFor(person)).toEqual(['UNAUTHENTICATED']);
  });

  test('finds none that is unknown, another’s or ended, and changes nothing', async () => {
    const [person, gone] = await signedIn(1);
    const [other, admin] = await Promise.all([seed.user(), seed.admin()]);
    await present(gone).client.mutate(SignOutDocument);
    await site.settled();
    const tables = ['session', 'audit_event', 'live_event'];
    const before = await site.contents(...tables);
    for (const who of [person, admin])
      for (const sessionId of [randomUUID(), sessionIdOf(other), sessionIdOf(present(gone))]) {
        expect(await revoke(who.client, sessionId)).toEqual([['NOT_FOUND', 'input.sessionId']]);
      }
    expect(await site.contents(...tables)).toBe(before);
    expect(await codesFor(other)).toEqual([]);
    for (const sessionId of ['', 'x', person.id]) {
      expect(await person.client.fails(RevokeSessionDocument, { input: { sessionId } })).toEqual([
        'BAD_USER_INPUT',
      ]);
    }
  });

  test('50 at once end it once', async () => {
    const [person, phone] = await signedIn(1);
    const sessionId = sessionIdOf(present(phone));
    const answers = await Promise.all(Array.from({ length: 50 }, () => revoke(person.client, sessionId)));
    expect(answers.filter((refused) => refused.length === 0)).toHaveLength(1);
    expect(await auditOf(sessionId)).toHaveLength(1);
    expect(await codesFor(person)).toEqual([]);
  });

  test('two that end each other both end', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, two] = await signedIn(1);
      const ends: [Person, Person][] = [
        [one, present(two)],
        [present(two), one],
      ];
      await Promise.all(
        ends.map(([who, whom]) =>
          who.client.fails(RevokeSessionDocument, {
            input: { sessionId: sessionIdOf(whom) },
          }),
        ),
      );
      const left = await Promise.all([one, present(two)].map(codesFor));
      // The slower of the two was already signed out.
      expect(left.flat().length).toBeGreaterThanOrEqual(1);
    }
  });
});

test('signOut and a refresh token that comes twice are audited with the session', async () => {
  const person = await seed.user();
  await Promise.all(Array.from({ length: 5 }, () => person.client.ask(SignOutDocument)));
  expect(await auditOf(sessionIdOf(person))).toEqual([
    { action: 'session.ended', byOwner: true, at: '127.0.0.1' },
  ]);

  const robbed = await seed.user();
  const { refreshToken } = robbed;
  const second = await client.mutate(RefreshSessionDocument, { input: { refreshToken } });
  await client.mutate(RefreshSessionDocument, { input: { refreshToken: second.refreshToken } });
  await Promise.all(
    Array.from({ length: 5 }, () => client.refused(RefreshSessionDocument, { input: { refreshToken } })),
  );
  expect(await auditOf(sessionIdOf(robbed))).toEqual([
    { action: 'session.reused', byOwner: null, at: '127.0.0.1' },
  ]);
});
