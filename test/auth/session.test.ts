import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccessClaims } from '../../src/auth/access-token.ts';
import { deviceOf } from '../../src/auth/device.ts';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { device, granted, type Identity, openIdentity, refreshTokenTtl, refused } from './identity.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());
beforeEach(() => {
  identity.clock.ahead = 0;
});

const refresh = (token: string) => identity.refresh(token);
const refreshed = async (token: string) => granted(await refresh(token));
const authenticate = (token: string) => identity.viewerOf(token);

/** Moves the first use of a token `seconds` into the past. */
async function ageUse(token: string, seconds: number): Promise<void> {
  const { id } = await identity.refreshTokens.verify(token);
  await identity.rows(`update refresh_token set used_at = used_at - $2 * interval '1 second' where id = $1`, [
    id,
    seconds,
  ]);
}
const claimsOf = (of: { accountId: string; sessionId: string }): AccessClaims => ({
  ...of,
  role: 'USER',
  issuedAt: new Date(),
  expiresAt: new Date(Date.now() + 900_000),
});
const sessionOf = async (token: string) => (await identity.refreshTokens.verify(token)).sessionId;
const endingsOf = (sessionId: string) =>
  identity.rows<{ topic: string; audience: string }>(
    `select topic, audience from live_event where payload ->> 'sessionId' = $1`,
    [sessionId],
  );
const familyOf = (sessionId: string) =>
  identity.rows<{ used: boolean }>(
    'select used_at is not null as used from refresh_token where session_id = $1 order by created_at, id',
    [sessionId],
  );

const end = (sessionId: string, accountId: string) =>
  identity.sessions.signOut({ accountId, sessionId }, device);

const endRow = statement('test_end_row', 'update session set ended_at = now() where id = $1');

describe('refresh', () => {
  test('gives new tokens of the same session, and uses the old one up', async () => {
    const first = await identity.signUp();
    const second = await refreshed(first.refreshToken);
    expect(second.accountId).toBe(first.accountId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const viewer = await authenticate(second.accessToken);
    expect(viewer).toMatchObject({
      accountId: first.accountId,
      sessionId: await sessionOf(first.refreshToken),
      role: 'USER',
    });
    expect(second.accessTokenExpiresAt).toEqual(viewer.expiresAt);
    expect((await identity.refreshTokens.verify(second.refreshToken)).expiresAt).toEqual(
      second.refreshTokenExpiresAt,
    );
    expect(await familyOf(await sessionOf(first.refreshToken))).toEqual([{ used: true }, { used: false }]);
  });

  test('a chain goes on, and the session lives as long as its last token', async () => {
    const { refreshToken } = await identity.signUp();
    let token = refreshToken;
    for (let i = 1; i <= 5; i++) {
      identity.clock.ahead = i * 86_400_000;
      const next = await refreshed(token);
      token = next.refreshToken;
      const [session] = await identity.rows<{ expiresAt: Date }>(
        'select expires_at as "expiresAt" from session where id = $1',
        [await sessionOf(token)],
      );
      expect(session?.expiresAt).toEqual(next.refreshTokenExpiresAt);
    }
  });

  test('a repeat within 30 s of the first use gets the very same successor while that is unused', async () => {
    const { refreshToken } = await identity.signUp();
    const first = await refreshed(refreshToken);
    identity.clock.ahead = 5_000;
    await ageUse(refreshToken, 29);
    const repeat = await refreshed(refreshToken);
    expect(repeat.refreshToken).toBe(first.refreshToken);
    expect(repeat.refreshTokenExpiresAt).toEqual(first.refreshTokenExpiresAt);
    await refreshed(first.refreshToken);
  });

  test('20 at once leave one living chain', async () => {
    const { refreshToken } = await identity.signUp();
    const results = await Promise.all(Array.from({ length: 20 }, () => refreshed(refreshToken)));
    expect(new Set(results.map((result) => result.refreshToken)).size).toBe(1);
    expect(await familyOf(await sessionOf(refreshToken))).toEqual([{ used: true }, { used: false }]);
    expect(await endingsOf(await sessionOf(refreshToken))).toEqual([]);
    await refreshed(results[0]?.refreshToken ?? '');
  });

  test.each([
    ['after 30 s', (token: string) => ageUse(token, 30)],
    [
      'once the successor is used',
      async (token: string) => void (await refreshed((await refreshed(token)).refreshToken)),
    ],
  ])('a repeat %s ends the session for all who hold it, and says so once', async (_, make) => {
    const { refreshToken, accessToken, accountId } = await identity.signUp();
    const sessionId = await sessionOf(refreshToken);
    const second = await refreshed(refreshToken);
    await make(refreshToken);
    expect(refused(await refresh(refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    expect(refused(await refresh(second.refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    expect(refused(await refresh(refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    await expect(authenticate(accessToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await endingsOf(sessionId)).toEqual([{ topic: 'session_ended', audience: accountId }]);
    // No new token was issued in the revoked chain.
    expect((await familyOf(sessionId)).filter(({ used }) => !used)).toHaveLength(1);
  });

  test('the end of one family leaves the person’s other sessions alone', async () => {
    const { refreshToken, username } = await identity.signUp();
    const other = granted(await identity.signIn(username));
    await refreshed(refreshToken);
    await ageUse(refreshToken, 31);
    refused(await refresh(refreshToken));
    await authenticate(other.accessToken);
    await refreshed(other.refreshToken);
  });

  test('expiry is exact', async () => {
    const { refreshToken, refreshTokenExpiresAt } = await identity.signUp();
    identity.clock.ahead = refreshTokenExpiresAt.getTime() - Date.now();
    expect(refused(await refresh(refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    identity.clock.ahead -= 5_000;
    await refreshed(refreshToken);
    expect(refreshTokenExpiresAt.getTime() % 1_000).toBe(0);
    expect(Date.now() + refreshTokenTtl - refreshTokenExpiresAt.getTime()).toBeLessThan(60_000);
  });

  test('an expired token is no reuse: its session lives on', async () => {
    const { refreshToken, accessToken, refreshTokenExpiresAt } = await identity.signUp();
    await refreshed(refreshToken);
    identity.clock.ahead = refreshTokenExpiresAt.getTime() - Date.now();
    refused(await refresh(refreshToken));
    identity.clock.ahead = 0;
    await authenticate(accessToken);
  });

  test.each(['', 'nonsense', 'a.b.c', 'a.b.c.d.e'])('%j is TOKEN_INVALID', async (token) => {
    expect(refused(await refresh(token))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
  });

  test('an access token is TOKEN_INVALID, and a refresh token no access token', async () => {
    const { accessToken, refreshToken } = await identity.signUp();
    expect(refused(await refresh(accessToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    await expect(authenticate(refreshToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a token of another account’s session is TOKEN_INVALID, and harms nobody', async () => {
    const [one, two] = [await identity.signUp(), await identity.signUp()];
    const claims = await identity.refreshTokens.verify(one.refreshToken);
    const mixed = await identity.refreshTokens.issue({ ...claims, accountId: two.accountId });
    refused(await refresh(mixed));
    await refreshed(one.refreshToken);
    await refreshed(two.refreshToken);
  });

  test('the role is the one that the account has now', async () => {
    const { refreshToken, accessToken, accountId } = await identity.signUp();
    await authenticate(accessToken);
    await identity.rows(`update account set role = 'ADMIN' where id = $1`, [accountId]);
    await expect(authenticate(accessToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const next = await refreshed(refreshToken);
    expect(await authenticate(next.accessToken)).toMatchObject({ role: 'ADMIN' });
  });

  test('of a suspended or deleted account is TOKEN_INVALID, and its access token no longer good', async () => {
    for (const change of [`status = 'SUSPENDED'`, 'deleted_at = now(), email = null']) {
      const { refreshToken, accessToken, accountId } = await identity.signUp();
      await identity.rows(`update account set ${change} where id = $1`, [accountId]);
      expect(refused(await refresh(refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
      await expect(authenticate(accessToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect((await familyOf(await sessionOf(refreshToken))).map(({ used }) => used)).toEqual([false]);
    }
  });
});

describe('the end of a session', () => {
  test('refuses its tokens at once, and is published once however often it is asked for', async () => {
    const { refreshToken, accessToken, accountId } = await identity.signUp();
    const sessionId = await sessionOf(refreshToken);
    await Promise.all(Array.from({ length: 10 }, () => end(sessionId, accountId)));
    await expect(authenticate(accessToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(refused(await refresh(refreshToken))).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    expect(await endingsOf(sessionId)).toEqual([{ topic: 'session_ended', audience: accountId }]);
  });

  test('while it is refreshed leaves it ended', async () => {
    for (let round = 0; round < 10; round++) {
      const { refreshToken, accountId } = await identity.signUp();
      const sessionId = await sessionOf(refreshToken);
      const [result] = await Promise.all([refresh(refreshToken), end(sessionId, accountId)]);
      const last = 'refreshToken' in result ? result.refreshToken : refreshToken;
      refused(await refresh(last));
    }
  });

  test('makes a refresh wait that comes meanwhile: it gets no tokens that are dead already', async () => {
    const { refreshToken } = await identity.signUp();
    const sessionId = await sessionOf(refreshToken);
    let waiting: ReturnType<typeof refresh> | undefined;
    await transaction(identity.database, async (tx) => {
      await tx.query(endRow, [sessionId]);
      waiting = refresh(refreshToken);
      await identity.untilSomeoneWaits();
    });
    expect(refused(await waiting)).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
    expect(await familyOf(sessionId)).toEqual([{ used: false }]);
  });

  test('of one that never was is nothing', async () => {
    const sessionId = v7();
    await end(sessionId, (await identity.signUp()).accountId);
    expect(await endingsOf(sessionId)).toEqual([]);
  });
});

describe('a session', () => {
  test('that was rolled back never was', async () => {
    const { accountId } = await identity.signUp();
    let sessionId = '';
    const failing = transaction(identity.database, async (tx) => {
      const grant = await identity.sessions.start(
        tx,
        { accountId, role: 'USER' },
        { userAgent: null, ipAddress: null },
      );
      sessionId = grant.sessionId;
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await identity.live.isLive(claimsOf({ accountId, sessionId }))).toBe(false);
    expect(await familyOf(sessionId)).toEqual([]);
  });

  test('of another account is not live for this one', async () => {
    const [one, two] = [await identity.signUp(), await identity.signUp()];
    const sessionId = await sessionOf(one.refreshToken);
    expect(await identity.live.isLive(claimsOf({ sessionId, accountId: one.accountId }))).toBe(true);
    expect(await identity.live.isLive(claimsOf({ sessionId, accountId: two.accountId }))).toBe(false);
  });

  test('keeps where it was begun, of a long user agent its beginning', async () => {
    const { accountId } = await identity.signUp();
    const { sessionId } = await transaction(identity.database, (tx) =>
      identity.sessions.start(tx, { accountId, role: 'USER' }, deviceOf('x'.repeat(9_999), '2001:db8::1')),
    );
    const [row] = await identity.rows<{ length: number; ip_address: string }>(
      'select length(user_agent), ip_address from session where id = $1',
      [sessionId],
    );
    expect(row).toEqual({ length: 500, ip_address: '2001:db8::1' });
  });

  test('is seen once a minute: what comes sooner writes nothing, in this process or another', async () => {
    const { refreshToken } = await identity.signUp();
    const sessionId = await sessionOf(refreshToken);
    const seen = async () => {
      const [row] = await identity.rows<{ at: Date; version: string }>(
        'select last_seen_at as at, xmin::text as version from session where id = $1',
        [sessionId],
      );
      return row;
    };
    await identity.rows(
      `update session set last_seen_at = last_seen_at - interval '59 seconds' where id = $1`,
      [sessionId],
    );
    const before = await seen();
    await identity.newLiveSessions().touch(sessionId);
    expect(await seen()).toEqual(before);

    await identity.rows(
      `update session set last_seen_at = last_seen_at - interval '2 seconds' where id = $1`,
      [sessionId],
    );
    const old = await seen();
    const several = [identity.newLiveSessions(), identity.newLiveSessions()];
    await Promise.all(several.flatMap((sessions) => [sessions.touch(sessionId), sessions.touch(sessionId)]));
    const now = await seen();
    expect(now?.at.getTime()).toBeGreaterThan((old?.at.getTime() ?? 0) + 60_000);

    await identity.rows(
      `update session set last_seen_at = last_seen_at - interval '2 minutes' where id = $1`,
      [sessionId],
    );
    const aged = await seen();
    await several[0]?.touch(sessionId);
    expect(await seen()).toEqual(aged);
  });
});
