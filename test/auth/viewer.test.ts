import { describe, expect, test } from 'vitest';
import type { AccessClaims } from '../../src/auth/access-token.ts';
import { TokenRefused } from '../../src/auth/token.ts';
import { createAuthenticate } from '../../src/auth/viewer.ts';

const claims: AccessClaims = {
  accountId: '01926d3e-7c1a-7b6e-9f58-0242ac120002',
  sessionId: '01926d3e-7c1a-7b6e-9f58-0242ac120003',
  role: 'USER',
  issuedAt: new Date(),
  expiresAt: new Date(),
};

function setUp({ live = true } = {}) {
  const touched: string[] = [];
  const active: string[] = [];
  const authenticate = createAuthenticate(
    {
      verify(token) {
        if (token !== 'a.b.c') throw new TokenRefused(`The key of ${token} is unknown.`);
        return claims;
      },
    },
    {
      isLive: async () => live,
      touch: async (sessionId) => void touched.push(sessionId),
    },
    (accountId) => void active.push(accountId),
  );
  return { authenticate, touched, active };
}

describe('authenticate', () => {
  test('nothing at all is nobody', async () => {
    expect(await setUp().authenticate(undefined)).toBeNull();
  });

  test.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER   a.b.c '])(
    '%j is the viewer, whose session is seen',
    async (header) => {
      const { authenticate, touched } = setUp();
      expect(await authenticate(header)).toEqual(claims);
      expect(touched).toEqual([claims.sessionId]);
    },
  );

  test.each([
    '',
    ' ',
    'a.b.c',
    'Bearer',
    'Bearer ',
    'Bearera.b.c',
    'Basic a.b.c',
    'Bearer a.b.c d',
    'Bearer a.b.c, Bearer a.b.c',
    ' Bearer a.b.c',
    'Bearer x.y.z',
    null,
    7,
    ['Bearer a.b.c'],
    { token: 'a.b.c' },
  ])('%j is refused without saying why', async (header) => {
    const { authenticate, touched } = setUp();
    await expect(authenticate(header)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The access token is invalid or has expired. Sign in, or refresh the session.',
      details: {},
    });
    expect(touched).toEqual([]);
  });

  test('a good token of a session that has ended is refused in the same words', async () => {
    const { authenticate, touched } = setUp({ live: false });
    await expect(authenticate('Bearer a.b.c')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The access token is invalid or has expired. Sign in, or refresh the session.',
    });
    expect(touched).toEqual([]);
  });

  test('what fails for another reason is no refusal', async () => {
    const authenticate = createAuthenticate(
      { verify: () => claims },
      { isLive: () => Promise.reject(new Error('the database is gone')), touch: async () => undefined },
      () => undefined,
    );
    await expect(authenticate('Bearer a.b.c')).rejects.toThrow('the database is gone');
  });
});
