import { describe, expect, test } from 'vitest';
import { HelloDocument, RefreshSessionDocument, ViewerDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import { sessionIdOf } from '../kit/session-id.ts';
import { present } from '../kit/unique.ts';

const here = await startApp();
const there = await startApp({}, here.site);
const { seed, site } = here;

const apps = [here, there] as const;
const appOf = (n: number) => apps[n % 2 === 0 ? 0 : 1];
const refresh = (refreshToken: string, n = 0) =>
  appOf(n).client.mutate(RefreshSessionDocument, { input: { refreshToken } });
const refused = (refreshToken: string, n = 0) =>
  appOf(n).client.refused(RefreshSessionDocument, { input: { refreshToken } });
const tokenInvalid = [['TOKEN_INVALID', 'input.refreshToken']];
const codesFor = (token: { accessToken: string }) =>
  Promise.all(apps.map(({ client }) => client.as(token).fails(HelloDocument)));
/** The number of a session's tokens, and of those that can still be used. */
const chainOf = async (person: { accessToken: string }) => {
  const [row] = await site.sql<{ all: number; unused: number }>(
    `select count(*)::int as "all", (count(*) filter (where used_at is null))::int as unused
     from refresh_token where session_id = $1`,
    sessionIdOf(person),
  );
  return present(row);
};
/** Moves every use of the session's tokens `seconds` into the past. */
const ageUses = (person: { accessToken: string }, seconds: number) =>
  site.sql(
    `update refresh_token set used_at = used_at - $2 * interval '1 second' where session_id = $1`,
    sessionIdOf(person),
    seconds,
  );

describe('one refresh token, shown to two processes', () => {
  test('20 times at once leaves one living chain', async () => {
    for (let round = 0; round < 5; round++) {
      const person = await seed.user();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => refresh(person.refreshToken, n)),
      );
      const successors = new Set(answers.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      expect(await chainOf(person)).toEqual({ all: 2, unused: 1 });
      for (const { accessToken } of answers) expect(await codesFor({ accessToken })).toEqual([[], []]);
      for (const refreshToken of successors) await refresh(refreshToken);
    }
  });

  test('within the grace gives the same successor, again and again', async () => {
    const person = await seed.user();
    const first = await refresh(person.refreshToken);
    await ageUses(person, 25);
    for (let n = 0; n < 4; n++) {
      const repeat = await refresh(person.refreshToken, n);
      expect(repeat.refreshToken).toBe(first.refreshToken);
      expect(repeat.refreshTokenExpiresAt).toBe(first.refreshTokenExpiresAt);
    }
  });

  test('after the grace ends the family: its refresh and access tokens, and its sockets', async () => {
    const person = await seed.user();
    const second = await refresh(person.refreshToken);
    const lives = [person, second].flatMap((token) => apps.map(({ client }) => openLive(client.as(token))));
    for (const live of lives) await live.run(ViewerDocument);
    for (const token of [person, second]) expect(await codesFor(token)).toEqual([[], []]);
    await ageUses(person, 30);

    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => refused(person.refreshToken, n)));
    expect(answers).toEqual(Array(20).fill(tokenInvalid));
    expect(await refused(second.refreshToken)).toEqual(tokenInvalid);
    for (const token of [person, second])
      expect(await codesFor(token)).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
    for (const live of lives) expect(await live.closed()).toMatchObject({ code: 4403 });
    expect((await chainOf(person)).all).toBe(2);
    const events = await site.sql(
      `select from audit_event where action = 'session.reused' and detail ->> 'sessionId' = $1`,
      sessionIdOf(person),
    );
    expect(events).toHaveLength(1);
  });

  test('and its successor, both at once and 20 times, never leave two living chains', async () => {
    for (let round = 0; round < 10; round++) {
      const person = await seed.user();
      const { refreshToken } = await refresh(person.refreshToken);
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          appOf(n).client.ask(RefreshSessionDocument, {
            input: { refreshToken: n % 4 < 2 ? person.refreshToken : refreshToken },
          }),
        ),
      );
      expect((await chainOf(person)).unused).toBeLessThanOrEqual(1);
    }
  });
});

test('an access token does not refresh, and a refresh token is no access token', async () => {
  const { accessToken, refreshToken } = await seed.user();
  expect(await refused(accessToken)).toEqual(tokenInvalid);
  expect(await codesFor({ accessToken: refreshToken })).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
  expect(await refused(refreshToken)).toEqual([]);
});
