import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { adviceFor } from '../graphiql/advice.ts';
import { dataOf } from '../graphiql/answers.ts';
import { type FeedEvent, type FeedItem, withEvent } from '../graphiql/feed-items.ts';
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

describe('the live panel of GraphiQL', () => {
  const at = '2026-11-28T10:00:00.000Z';
  const event = (given: Partial<FeedEvent>): FeedEvent => ({
    key: 'a',
    cause: null,
    kind: 'notification',
    at,
    title: 'Something',
    detail: '',
    claimable: null,
    ...given,
  });
  const cause = 'completion_1';
  const ofOneCompletion = [
    event({ key: 'quest', cause, kind: 'completion', title: 'A quest completed', claimable: cause }),
    event({ key: 'gold', cause, kind: 'wallet', title: '+5 gold', detail: 'now 5' }),
    event({ key: 'diamond', cause, kind: 'wallet', title: '+1 diamond' }),
    event({ key: 'told', cause, title: 'Quest completed', detail: 'You completed it.' }),
    event({ key: 'granted', cause, title: 'Reward granted' }),
  ];
  const linesOf = (events: readonly FeedEvent[]) => events.reduce<FeedItem[]>(withEvent, []);

  it('shows a completion as one line, with what it led to folded in, in whatever order it comes', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ofOneCompletion, { minLength: 5 }), (events) => {
        const [line, ...others] = linesOf(events);
        expect(others).toEqual([]);
        expect(line).toMatchObject({
          key: cause,
          kind: 'completion',
          title: 'A quest completed',
          claimable: cause,
          folded: expect.arrayContaining([
            { key: 'gold', text: '+5 gold · now 5' },
            { key: 'diamond', text: '+1 diamond' },
          ]),
        });
        expect(line?.folded).toHaveLength(5);
      }),
    );
  });

  it('shows an event that comes twice once, and what has another cause by itself, the latest first', () => {
    const later = event({ key: 'later', at: '2026-11-28T10:00:01.000Z' });
    const lines = linesOf([...ofOneCompletion, ...ofOneCompletion, later]);
    expect(lines.map(({ key, folded }) => [key, folded.length])).toEqual([
      ['later', 1],
      [cause, 5],
    ]);
  });

  it('keeps no more than the latest 50 lines', () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      event({ key: `${n}`, at: new Date(Date.parse(at) + n * 1_000).toISOString() }),
    );
    expect(linesOf(many).map(({ key }) => Number(key))).toEqual(Array.from({ length: 50 }, (_, n) => 59 - n));
  });
});

describe('an example of GraphiQL', () => {
  const files = readdirSync('examples/operations').filter((file) => file.endsWith('.json'));
  const variablesOf = (file: string) => readFileSync(`examples/operations/${file}`, 'utf8');
  // Placeholders that the page can always fill in by itself.
  const made = ['uuid', 'word', 'now', 'timeZone'];

  it('that needs something that may not be there says what to do first', () => {
    const names = files.flatMap((file) =>
      [...variablesOf(file).matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? ''),
    );
    const needed = [...new Set(names)].filter((name) => !made.includes(name));
    expect(needed.length).toBeGreaterThan(15);
    for (const name of needed) expect(adviceFor(name)).toMatch(/^<[a-z].*\b(first|DeadLetters)\b.*>$/);
  });

  it('asks for what the editor cannot know, and so does not change the password of a demo account', () => {
    for (const file of ['change-password.json', 'delete-account.json'])
      expect(variablesOf(file)).toMatch(/[pP]assword": "<your password>"/);
  });
});

describe('what GraphiQL says of a refusal', () => {
  const refusal = (retryAfter?: number) => () =>
    dataOf({
      errors: [
        new GraphQLError(retryAfter === undefined ? 'Too many tries.' : 'Too many tries. Try again later.', {
          extensions: { retryAfter },
        }),
      ],
    });

  it('is when to come back', () => {
    expect(refusal(30)).toThrow(/^Too many tries\. Try again in 30 seconds\.$/);
    expect(refusal(840)).toThrow(/^Too many tries\. Try again in 14 minutes, at \d{1,2}:\d{2}.*\.$/);
  });

  it('is no more than it knows', () => {
    expect(refusal()).toThrow(/^Too many tries\.$/);
  });
});
