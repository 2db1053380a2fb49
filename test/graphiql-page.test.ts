import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../graphiql/secrets.ts';
import { readToken } from '../graphiql/token.ts';

describe('what GraphiQL stores in the browser', () => {
  const texts = (value: string) => [
    JSON.stringify({ input: { login: 'user', password: value } }, null, 2),
    `mutation { signIn(input: { login: "user", password: ${JSON.stringify(value)} }) { accessToken } }`,
    JSON.stringify({ refreshToken: value }),
  ];

  it('holds no password and no token, whatever is in them', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (rest) => {
        const value = `hidden${rest}hidden`;
        for (const text of texts(value)) {
          expect(withoutSecrets(text)).not.toContain('hidden');
          expect(withoutSecrets(JSON.stringify({ tabs: [{ variables: text }] }))).not.toContain('hidden');
        }
      }),
    );
  });

  it('is otherwise what it was', () => {
    for (const text of texts('secret')) {
      expect(withoutSecrets(text)).toBe(text.replace('secret', ''));
      const stored = JSON.stringify({ tabs: [{ query: text, title: 'one' }] });
      expect(JSON.parse(withoutSecrets(stored))).toEqual({
        tabs: [{ query: text.replace('secret', ''), title: 'one' }],
      });
    }
  });
});

describe('what GraphiQL reads in a token', () => {
  const tokenOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

  it('is whose it is and how long it lives', () => {
    fc.assert(
      fc.property(fc.string(), (sub) => {
        expect(readToken(tokenOf({ sub, iat: 100, exp: 1000 }))).toEqual({ subject: sub, lifetime: 900_000 });
      }),
    );
  });

  it('is nothing where it is none', () => {
    for (const text of [
      '',
      'a',
      'a.b',
      'a.%.c',
      'a.bm90IGpzb24.c',
      tokenOf([1]),
      tokenOf({ sub: 7, exp: 'x' }),
    ]) {
      expect(readToken(text)).toEqual({ subject: null, lifetime: 0 });
    }
  });
});
