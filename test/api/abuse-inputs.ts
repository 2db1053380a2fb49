import type { Abuse } from './abuse.ts';
import { long, many, nested } from './abuse-text.ts';

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const createQuest = 'mutation ($input: CreateQuestInput!) { createQuest(input: $input) { quest { id } } }';
const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const hello = 'query ($version: ApiVersion!) { hello(version: $version) { message } }';
const pages = 'query ($first: Int) { posts(first: $first) { nodes { id } } }';

const keys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));

/** So deep that a recursive walk overflows the stack. */
const deepList = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const deepObject = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`;

const goalOf = (goal: string) =>
  `mutation { createQuest(input: { name: "a", eventType: "a.b", goal: ${goal} }) { quest { id } } }`;

const questOf = (eventMatch: string) => `{"input":{"name":"a","eventType":"a.b","eventMatch":${eventMatch}}}`;

const literals: Record<string, string> = {
  'a whole number of many digits': goalOf('9'.repeat(long)),
  'a fraction of many digits': goalOf(`1.${'9'.repeat(long)}`),
  'a number with a large exponent': goalOf('1e999999999'),
  'a long text where a number belongs': goalOf(`"${'x'.repeat(long)}"`),
  'a long name where a number belongs': goalOf('x'.repeat(long)),
  'a long block of text where a cursor belongs': `{ posts(after: """${'x\n'.repeat(long / 3)}""") { nodes { id } } }`,
  'many escapes where a cursor belongs': `{ posts(after: "${'\\u{1F422}'.repeat(long / 12)}") { nodes { id } } }`,
  'a list in lists where ids belong': `{ nodes(ids: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`,
  'an object in objects where an id belongs': `{ node(id: ${nested(400, '1', (inner) => `{ a: ${inner} }`)}) { id } }`,
  'an object that is too deep': `mutation { createQuest(input: { name: "a", eventType: "a.b", eventMatch: ${nested(400, '1', (inner) => `{ a: ${inner} }`)} }) { quest { id } } }`,
  'a list in an object that is too deep': `mutation { createQuest(input: { name: "a", eventType: "a.b", eventMatch: { a: ${'['.repeat(900)}${']'.repeat(900)} } }) { quest { id } } }`,
  'a key of the prototype':
    'mutation { createQuest(input: { name: "a", eventType: "a.b", eventMatch: { __proto__: { a: 1 } } }) { quest { id } } }',
  'ids that are none': `{ nodes(ids: [${many(900, () => 'true')}]) { id } }`,
};

type Given = readonly [query: string, variables: object | string];

const variables: Record<string, Given> = {
  'keys that are not there': [signIn, { input: { login: 'ada', password: 'plum violin', ...keys(5_000) } }],
  'a key with a long name': [signIn, { input: { login: 'ada', password: 'x', ['k'.repeat(long)]: 1 } }],
  'a key of the prototype': [hello, { version: { constructor: { name: 1 } } }],
  'a key that nearly exists': [
    signIn,
    { input: { login: 'ada', password: 'plum violin', passwort: 'plum' } },
  ],
  'a long text that is none of the enum': [hello, { version: 'x'.repeat(long) }],
  'a text like a suggestion': [hello, { version: ' Did you mean '.repeat(4_000) }],
  'a long text where a number belongs': [pages, { first: 'x'.repeat(long) }],
  'a number that is too large': [pages, { first: 1e300 }],
  'a list where a number belongs': [pages, { first: Array.from({ length: 20_000 }, () => 1) }],
  'values of a list, all of them wrong': [nodes, { ids: Array.from({ length: 10_000 }, () => true) }],
  'nothing in a list': [nodes, { ids: Array.from({ length: 10_000 }, () => null) }],
  'lists in lists': [nodes, `{"ids":${deepList}}`],
  'objects in objects': [nodes, `{"ids":${deepObject}}`],
  'an object that is too deep': [createQuest, questOf(deepObject)],
  'a list in an object that is too deep': [createQuest, questOf(`{"a":${deepList}}`)],
  'a text where an input belongs': [signIn, { input: 'x'.repeat(long) }],
  'inputs where one belongs': [signIn, { input: Array.from({ length: 10_000 }, () => ({})) }],
  'none of what is needed': [signIn, {}],
  'null for what is needed': [signIn, { input: { login: null, password: null } }],
  'events, all of them wrong': [
    'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }',
    { events: Array.from({ length: 900 }, () => ({ eventId: 'x', eventType: 1, timestamp: 'yesterday' })) },
  ],
  'halves of characters': [pages, { first: '\uD800'.repeat(10_000) }],
};

export const inputAbuses: readonly Abuse[] = [
  ...Object.entries(literals).map(([name, query]) => ({
    name: `literals: ${name}`,
    query,
    code: 'BAD_USER_INPUT',
  })),
  ...Object.entries(variables).map(([name, [query, given]]) => ({
    name: `variables: ${name}`,
    query,
    variables: typeof given === 'string' ? given : JSON.stringify(given),
    code: 'BAD_USER_INPUT',
  })),
];
