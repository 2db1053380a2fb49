import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';

const { client } = await startApp({ LIMIT_RATE_ADDRESS: '0' });
const secret = 'correct-horse-battery';

/** Both answers as text, and their codes, which must be equal. */
async function askBoth(query: string, variables?: unknown): Promise<{ codes: string[]; texts: string[] }> {
  const { body } = await client.post({ query, variables });
  const codes = codesOf(body.errors);
  const text = JSON.stringify({ query, variables });
  if (text.length > 60_000) return { codes, texts: [JSON.stringify(body)] };
  const socket = await Socket.acknowledged(client);
  socket.send({ type: 'subscribe', id: '1', payload: { query, variables } });
  const { type, payload } = await socket.receive('error', 'next');
  const errors = type === 'error' ? payload : Object(payload).errors;
  expect(codesOf(errors)).toEqual(codes);
  return { codes, texts: [JSON.stringify(body), JSON.stringify(payload)] };
}

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const record =
  'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }';

describe('no error repeats a value', () => {
  test.each<[string, string, unknown?]>([
    ['a missing field beside it', signIn, { input: { password: secret } }],
    ['an unknown field beside it', signIn, { input: { login: 'ada', password: secret, remember: true } }],
    ['a list for it', signIn, { input: { login: 'ada', password: [secret] } }],
    ['an object for it', signIn, { input: { login: 'ada', password: { secret } } }],
    ['a text for the input', signIn, { input: secret }],
    ['a list for the input', signIn, { input: [{ login: 'ada', password: secret }, 1] }],
    [
      'a wrong type for another variable',
      'query ($first: Int) { posts(first: $first) { totalCount } }',
      { first: secret },
    ],
    ['an enum', 'query ($o: PostOrder) { posts(orderBy: $o) { totalCount } }', { o: secret }],
    [
      'an enum of another type',
      'query ($o: PostOrder) { posts(orderBy: $o) { totalCount } }',
      { o: [secret] },
    ],
    ['a Boolean', 'query ($b: Boolean!) { __typename @skip(if: $b) }', { b: secret }],
    ['an id', 'query ($id: ID!) { node(id: $id) { id } }', { id: { secret } }],
    ['a malformed id', 'query ($id: ID!) { node(id: $id) { id } }', { id: secret }],
    ['a cursor', 'query ($c: Cursor) { posts(after: $c) { totalCount } }', { c: secret }],
    ['an event', record, { events: [{ eventId: secret, eventType: 'a.b', timestamp: secret }] }],
    ['a literal of another type', `{ posts(first: "${secret}") { totalCount } }`],
    [
      'a literal list',
      `mutation { signIn(input: { login: "ada", password: ["${secret}"] }) { accessToken } }`,
    ],
    [
      'a literal object',
      `mutation { signIn(input: { login: "ada", password: { a: "${secret}" } }) { accessToken } }`,
    ],
    [
      'a literal beside an unknown field',
      `mutation { signIn(input: { password: "${secret}", a: 1 }) { accessToken } }`,
    ],
    ['a literal for an enum', `{ posts(orderBy: "${secret}") { totalCount } }`],
    ['a literal for a scalar', `{ posts(after: ["${secret}"]) { totalCount } }`],
    ['a literal where a name has to be', `{ posts(first: 1) { "${secret}" } }`],
    ['a block string where a name has to be', `{ posts("""${secret}""") }`],
    [
      'a text that is not ended',
      `mutation { signIn(input: { login: "ada", password: "${secret} }) { accessToken } }`,
    ],
    ['a literal where nothing may be', `query { __typename } "${secret}" { __typename }`],
    ['a literal default', `query ($n: Int = "${secret}") { posts(first: $n) { totalCount } }`],
    ['a variable in a literal', 'query ($s: String) { posts(first: $s) { totalCount } }', { s: secret }],
  ])('%s', async (_, query, variables) => {
    const { codes, texts } = await askBoth(query, variables);
    expect(codes.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain('INTERNAL_SERVER_ERROR');
    }
  });
});

describe('errors are bounded', () => {
  const many = (count: number, of: (n: number) => string) => Array.from({ length: count }, (_, n) => of(n));

  test.each<[string, string, unknown?]>([
    [
      '80,000 unknown keys',
      signIn,
      { input: Object.fromEntries(many(80_000, (n) => `k${n}`).map((key) => [key, 1])) },
    ],
    [
      '1,000 unknown keys',
      signIn,
      { input: Object.fromEntries(many(1_000, (n) => `k${n}`).map((key) => [key, 1])) },
    ],
    ['a key of 900 KB', signIn, { input: { ['k'.repeat(900_000)]: 1 } }],
    ['a value of 900 KB', signIn, { input: 'v'.repeat(900_000) }],
    [
      'a list of 100,000 wrong ids',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      { ids: Array(100_000).fill(1.5) },
    ],
    ['1,000 wrong events', record, { events: Array(1_000).fill({}) }],
    [
      '60 wrong variables',
      `query (${many(60, (n) => `$v${n}: Int!`).join()}) { ${many(20, (n) => `a${n}: posts(first: $v${n}, last: $v${n + 20}, after: "a") { totalCount }`).join(' ')} }`,
      {},
    ],
    ['300 unknown fields', `{ ${many(300, (n) => `field${n}`).join(' ')} }`],
    ['a name of 60,000 letters', `{ ${'n'.repeat(50_000)} }`],
    ['a text of 60,000 letters', `{ posts(first: "${'v'.repeat(50_000)}") { totalCount } }`],
    ['“Did you mean” ten thousand times', signIn, { input: { [' Did you mean '.repeat(70_000)]: '?' } }],
    [
      'an enum value of 900 KB',
      'query ($o: PostOrder) { posts(orderBy: $o) { totalCount } }',
      { o: '" does not exist in "'.repeat(40_000) },
    ],
  ])('%s', async (_, query, variables) => {
    const { codes, texts } = await askBoth(query, variables);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThanOrEqual(21);
    expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
    for (const text of texts) expect(text.length).toBeLessThan(16_000);
  });
});
