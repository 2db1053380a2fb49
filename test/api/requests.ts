import { createHash } from 'node:crypto';

/** A request, with its JSON as a client writes it. */
export interface Request {
  readonly query?: string;
  readonly operationName?: string | null;
  /** JSON. */
  readonly variables?: string;
  /** JSON. */
  readonly extensions?: string;
  /** More members of the request object, as JSON that begins with a comma. */
  readonly more?: string;
  /** Whether only JSON can express it, not a URL. */
  readonly jsonOnly?: boolean;
}

export function jsonOf({ query, operationName, variables, extensions, more = '' }: Request): string {
  const fields = {
    query: query === undefined ? undefined : JSON.stringify(query),
    operationName: operationName === undefined ? undefined : JSON.stringify(operationName),
    variables,
    extensions,
  };
  const text = Object.entries(fields).flatMap(([name, json]) =>
    json === undefined ? [] : `"${name}":${json}`,
  );
  return `{${text.join(',')}${text.length === 0 ? more.slice(1) : more}}`;
}

const query = '{ __typename }';
const record = `mutation ($events: [EventInput!]!) {
  recordEvents(input: { events: $events }) { results { outcome message } userErrors { code } }
}`;
const node = 'query ($id: ID!) { node(id: $id) { id } }';
const page = 'query ($first: Int) { quests(first: $first) { totalCount } }';
const user = 'query ($username: String) { user(username: $username) { id } }';
const isTrue = (inner: string) => `query ($s: Boolean = true) { ${inner} }`;
export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
export const persisted = (sha256Hash: string, version: unknown = 1) =>
  JSON.stringify({ persistedQuery: { version, sha256Hash } });
/** An event with some data and always the same id: the first is accepted, and every other is a duplicate. */
const eventWith = (data: string, more = ''): Request => ({
  query: record,
  variables: `{"events":[{"eventId":"${crypto.randomUUID()}","eventType":"x","timestamp":"${new Date().toISOString()}","data":${data}${more}}]}`,
});
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

export const requests: Record<string, readonly Request[]> = {
  'keys of the prototype': [
    eventWith('{"constructor":1}'),
    eventWith('{"constructor":{"prototype":{"a":1}}}'),
    eventWith('{"prototype":{}}'),
    eventWith('{"toString":null,"hasOwnProperty":1,"valueOf":[]}'),
    eventWith('{"__proto__":1}'),
    eventWith('{"__proto__":{"a":1}}'),
    eventWith('{"a":[{"__proto__":null}]}'),
    eventWith('{"\\u005f_proto__":{}}'),
    eventWith('{}', ',"__proto__":{}'),
    eventWith('{}', ',"constructor":{"prototype":1}'),
    { query, variables: '{"__proto__":{"a":1}}' },
    { query, variables: '{"constructor":{"prototype":{}}}' },
    { query, extensions: '{"__proto__":{"persistedQuery":{}}}' },
    { query: node, variables: '{"__proto__":{"id":"x"}}' },
    { query: node, variables: '{"id":{"__proto__":"x"}}' },
    { query: 'query($__proto__: ID!) { node(id: $__proto__) { id } }', variables: '{"__proto__":"x"}' },
    { query, more: ',"__proto__":{"query":"{ x }"}', jsonOnly: true },
    { query, more: ',"constructor":{"prototype":{"query":"{ x }"}}', jsonOnly: true },
  ],
  'keys that come twice': [
    { query, more: ',"query":"{ a: __typename }"', jsonOnly: true },
    { query, more: ',"query":null,"query":"{ b: __typename }"', jsonOnly: true },
    { query, more: ',"variables":{},"variables":null', jsonOnly: true },
    { query: node, variables: '{"id":"x","id":"y"}' },
    { query: node, variables: '{"id":null,"id":"y"}' },
    { query: node, variables: '{"id":"y","id":null}' },
    { query: page, variables: '{"first":1,"first":"x"}' },
    { query: page, variables: '{"first":"x","first":1}' },
    eventWith('{"a":1,"a":2}'),
    eventWith('{"a":{"__proto__":1},"a":2}'),
    eventWith('{}', ',"data":null'),
    {
      query: 'query A { __typename } query B { b: __typename }',
      operationName: 'A',
      more: ',"operationName":"B"',
      jsonOnly: true,
    },
  ],
  'what is nested deep': [
    ...[10, 31, 32, 33, 100, 5_000, 20_000].map((depth) => eventWith(`{"a":${nested(depth)}}`)),
    { query: node, variables: `{"id":${nested(2_000)}}` },
    { query: page, variables: `{"first":${nested(20_000)}}` },
    { query, variables: `{"unknown":${nested(20_000)}}` },
    { query, extensions: `{"unknown":${nested(20_000)}}` },
    { query, more: `,"unknown":${nested(20_000)}`, jsonOnly: true },
    { query: `{ node(id: ${nested(400)}) { id } }` },
    { query: `{ quests(first: ${nested(900)}) { totalCount } }` },
  ].map((request) => ({ ...request, jsonOnly: true })),
  'halves of characters, and characters that are hardly any': [
    ...[
      '\\ud800',
      '\\udc00',
      'a\\ud83d',
      '\\ude00\\ud83d',
      '\\u0000',
      '\\uffff',
      '\\ufeff',
      '\\ufffd',
      '\\ud83d\\ude00',
      '\\u202e',
    ].flatMap((text) => [
      { query: user, variables: `{"username":"${text}"}` },
      { query: node, variables: `{"id":"${text}"}` },
      { query: page, variables: `{"${text}":1}` },
      eventWith(`{"a":"${text}"}`),
      eventWith(`{"${text}":1}`),
      { query: `{ user(username: "${JSON.parse(`"${text}"`)}") { id } }`, jsonOnly: true },
      { query, operationName: JSON.parse(`"${text}"`), jsonOnly: true },
    ]),
  ],
  numbers: [
    ...[
      '1',
      '1.0',
      '1e0',
      '10e-1',
      '-0',
      '0.5',
      '1e2',
      '101',
      '-1',
      '2147483648',
      '1e400',
      '-1e400',
      '1e-400',
      '0.30000000000000004',
      '12345678901234567890',
      '"1"',
      'true',
      'null',
      '[1]',
      '[]',
      '{}',
    ].map((first) => ({ query: page, variables: `{"first":${first}}` })),
    ...['-0', '1e400', '1e-400', '0.1', '123456789.123456789', '1E2'].map((number) =>
      eventWith(`{"a":${number}}`),
    ),
  ],
  'documents that are named by their hash': [
    { extensions: persisted(hashOf('{ never }')) },
    { extensions: persisted('') },
    { extensions: persisted('__proto__') },
    { extensions: persisted('x'.repeat(10_000)), jsonOnly: true },
    { extensions: persisted(hashOf(query), 2) },
    { extensions: persisted(hashOf(query), '1') },
    { extensions: '{"persistedQuery":{"sha256Hash":"x"}}' },
    { query, extensions: persisted(hashOf('{ never }')) },
    { query, extensions: persisted(hashOf(query), 2) },
    { query, extensions: persisted(hashOf(query)) },
    { extensions: persisted(hashOf(query)) },
    { extensions: persisted(hashOf(query)), variables: '{"x":1}', operationName: null },
    { extensions: persisted(hashOf(query)), operationName: 'A' },
    { query: '{ nothing }', extensions: persisted(hashOf('{ nothing }')) },
    { extensions: persisted(hashOf('{ nothing }')) },
    { query: '', extensions: persisted(hashOf(query)), jsonOnly: true },
  ],
  'what is wrong with an operation': [
    { query: 'subscription { postChanged @include(if: $s) { action } }' },
    { query: 'subscription ($s: Boolean!) { postChanged @include(if: $s) { action } }' },
    { query: 'subscription ($s: Boolean!) { postChanged @skip(if: $s) { action } }', variables: '{}' },
    { query: 'subscription { ... @include(if: $s) { postChanged { action } } }' },
    { query: 'subscription { ...F @skip(if: $s) } fragment F on Subscription { postChanged { action } }' },
    { query: 'subscription { postChanged { action @include(if: $s) } }' },
    { query: 'subscription ($s: Boolean!) { postChanged { action @include(if: $s) } }' },
    {
      query: 'query A { __typename } subscription B { postChanged @include(if: $s) { action } }',
      operationName: 'A',
    },
    {
      query: 'query A { __typename } subscription B($s: Boolean!) { postChanged @skip(if: $s) { action } }',
      operationName: 'A',
    },
    { query: `${query} { b: __typename }` },
    { query: `${query} query A { b: __typename }`, operationName: 'A' },
    { query: 'query A { __typename } query B { __typename }' },
    { query: 'query A { __typename } query B { __typename }', operationName: 'C' },
    { query: 'query A { __typename } query B { __typename }', operationName: '', jsonOnly: true },
    { query: 'query A { __typename } query A { __typename }', operationName: 'A' },
    { query, operationName: 'constructor' },
    { query: isTrue('hello @include(if: $s) { message }'), variables: '{"s":null}' },
    { query: isTrue('hello { message @skip(if: $s) }'), variables: '{"s":null}' },
    { query: isTrue('...F @skip(if: $s)} fragment F on Query { hello { message }'), variables: '{"s":null}' },
    { query: 'query ($v: ApiVersion = V1) { hello(version: $v) { message } }', variables: '{"v":null}' },
    { query: 'query ($id: ID = "x") { nodes(ids: [$id]) { id } }', variables: '{"id":null}' },
    {
      query: 'mutation ($l: String = "x") { signIn(input: { login: $l, password: "x" }) { accessToken } }',
      variables: '{"l":null}',
    },
    { query: 'subscription { a: __typename }' },
    { query: 'subscription { postChanged { postId } questCompleted { cursor } }' },
    { query: 'subscription { ...A } fragment A on Subscription { ...A }' },
    { query: 'subscription { ... on Query { __typename } }' },
    { query: 'subscription @skip(if: true) { postChanged { action } }' },
    { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
    { query: 'type A { b: Int }' },
    { query: 'fragment F on Query { __typename }' },
    { query: '# nothing' },
    { query: '', jsonOnly: true },
    { query: '\ufeff{ __typename }' },
    { query: '{ a }} ' },
    { query: '{ __typename @skip }' },
    { query: '{ __typename @skip(if: "x") @skip(if: 1) }' },
    { query: 'query ($x: Post) { __typename }' },
    { query: 'query ($s: Boolean @skip(if: true)) { __typename @skip(if: $s) }' },
  ],
};

/** Malformed payloads of an operation, or bodies of a request. */
export const malformed: Record<string, readonly string[]> = {
  'no JSON': [
    '{"query":"{ __typename }",}',
    "{'query':'{ __typename }'}",
    '{query:"{ __typename }"}',
    '{"query":"{ __typename }" // why\n}',
    '{"query":"{ __typename }"',
    '{"query":"{ __typename }"}}',
    '{"query":"{\t__typename }"}',
    '{"query":"{ __typename \u0000}"}',
    '{"query":"\\x7b"}',
    '{"query":"\\ud80"}',
    '{"query":"{ __typename }","variables":NaN}',
    '{"query":"{ __typename }","variables":{"a":01}}',
    '{"query":"{ __typename }","variables":{"a":+1}}',
    '{"query":"{ __typename }","variables":{"a":0x1}}',
    '{"query":"{ __typename }","variables":{"a":1.}}',
    '{"query":"{ __typename }","variables":undefined}',
    '{\u00a0"query":"{ __typename }"}',
    '{"query":\ufeff"{ __typename }"}',
  ],
  'JSON of another form': [
    ...[
      'null',
      '1',
      '"{ __typename }"',
      '[]',
      '{}',
      '{"query":null}',
      '{"query":1}',
      '{"query":["{ __typename }"]}',
    ],
    ...['[]', '"x"', '1', 'true'].flatMap((value) => [
      `{"query":"{ __typename }","variables":${value}}`,
      `{"query":"{ __typename }","extensions":${value}}`,
    ]),
    '{"query":"{ __typename }","operationName":1}',
    '{"query":"{ __typename }","operationName":{}}',
    '{"__proto__":{"query":"{ __typename }"}}',
    '{"extensions":{"persistedQuery":1}}',
    '{"extensions":{"__proto__":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}}',
  ],
};
