import type { Abuse } from './abuse.ts';
import { long, many, nested } from './abuse-text.ts';

const post = 'post_01h455vb4pex5vsknk084sn02q';
const eventId = '0190a6c1-7f6e-7b1e-8a3d-5d8f0c9b2a11';

/** Three levels: a post's author, the first of their posts, and its author again. */
const authorsPost = (inner: string) => `author { posts(first: 1) { nodes { ${inner} } } }`;
const lists = (first: string) =>
  `posts(first: ${first}) { nodes { collections(first: ${first}) { nodes { id } } } }`;
const included = (times: number) => many(times, () => '@include(if: true)');
const aliasedNames = (count: number, prefix = 'a') => many(count, (index) => `${prefix}${index}: __typename`);

const depth: Record<string, string> = {
  'fields, 16 deep': `{ post(id: "${post}") { ${nested(5, 'id', authorsPost)} } }`,
  'fields, 121 deep': `{ post(id: "${post}") { ${nested(40, 'id', authorsPost)} } }`,
  'fields, each in an inline fragment': `{ ... { post(id: "${post}") { ${nested(5, 'id', (inner) => `... { author { ... { posts(first: 1) { ... { nodes { ${inner} } } } } } }`)} } } }`,
  'inline fragments on an interface': `{ node(id: "${post}") { ${nested(5, 'id', (inner) => `... on Post { author { posts(first: 1) { nodes { ${inner} } } } }`)} } }`,
  'fragments in fragments': `{ post(id: "${post}") { ...F0 } } ${many(6, (index) => `fragment F${index} on Post { author { posts(first: 1) { nodes { ${index < 5 ? `...F${index + 1}` : 'id'} } } } }`)}`,
  'fragments, the innermost first': `${many(6, (index) => `fragment F${5 - index} on Post { author { posts(first: 1) { nodes { ${index > 0 ? `...F${6 - index}` : 'id'} } } } }`)} { post(id: "${post}") { ...F0 } }`,
  'the answer of a mutation': `mutation { signOut { userErrors { field } } createPost(input: { title: "a", body: "b" }) { post { ${nested(5, 'id', authorsPost)} } } }`,
  'the events of a subscription': `subscription { postChanged { post { ${nested(5, 'id', authorsPost)} } } }`,
};

const introspection: Record<string, string> = {
  'ofType, 20 deep': `{ __type(name: "User") { fields { type { ${nested(20, 'name', (inner) => `ofType { ${inner} }`)} } } } }`,
  'ofType, 300 deep': `{ __type(name: "User") { fields { type { ${nested(300, 'name', (inner) => `ofType { ${inner} }`)} } } } }`,
  'fields of types of fields': `{ __type(name: "User") { ${nested(10, 'name', (inner) => `fields { type { ${inner} } }`)} } }`,
  'fields of types of all types': `{ __schema { types { ${nested(10, 'name', (inner) => `fields { type { ${inner} } }`)} } } }`,
  'possible types of interfaces': `{ __type(name: "Node") { ${nested(10, 'name', (inner) => `possibleTypes { interfaces { ${inner} } }`)} } }`,
  'arguments of fields, through fragments': `{ __type(name: "Query") { ...F0 } } ${many(8, (index) => `fragment F${index} on __Type { fields { args { type { ${index < 7 ? `...F${index + 1}` : 'name'} } } } }`)}`,
};

const aliases: Record<string, string> = {
  'of one field': `{ ${many(31, (index) => `a${index}: hello { message }`)} }`,
  'of __typename': `{ ${aliasedNames(31)} }`,
  'of __typename, by the hundred': `{ ${aliasedNames(600)} }`,
  'in several fragments': `{ ...A ...B } fragment A on Query { ${aliasedNames(16)} } fragment B on Query { ${aliasedNames(16, 'b')} }`,
  'in inline fragments': `{ ${many(4, (part) => `... { ${aliasedNames(10, `a${part}x`)} }`)} }`,
  'at several depths': `{ ${aliasedNames(11)} hello { ${aliasedNames(11)} } posts(first: 1) { ${aliasedNames(11)} } }`,
  'of guesses at a password': `mutation { ${many(31, (index) => `a${index}: signIn(input: { login: "ada", password: "guess number ${index}" }) { accessToken }`)} }`,
  'of everything that __schema tells': `{ ${many(40, (index) => `a${index}: __schema { queryType { name } }`)} }`,
  'in a subscription': `subscription { postChanged { ${aliasedNames(31)} } }`,
  'of one name': `{ ${many(200, () => 'a: __typename')} }`,
};

const directives: Record<string, string> = {
  'on a field': `{ hello ${included(6)} { message } }`,
  'on a field, by the hundred': `{ hello ${included(300)} { message } }`,
  'that do not exist': `{ hello ${many(6, (index) => `@nothing${index}`)} { message } }`,
  'that do not exist, by the hundred': `{ hello ${many(600, (index) => `@n${index}`)} { message } }`,
  'on a query': `query Q ${many(6, () => '@nothing')} { hello { message } }`,
  'on a spread': `{ ...A ${included(6)} } fragment A on Query { __typename }`,
  'on an inline fragment': `{ ... ${included(6)} { __typename } }`,
  'on a fragment': `{ ...A } fragment A on Query ${many(6, () => '@nothing')} { __typename }`,
  'on a variable': `query ($v: ApiVersion! = V1 ${many(6, () => '@nothing')}) { hello(version: $v) { message } }`,
};

const tokens: Record<string, string> = {
  fields: `{ ${many(2_100, () => '__typename')} }`,
  'items of a list': `{ nodes(ids: [${many(2_100, () => '""')}]) { id } }`,
  'brackets that never close': `{ nodes(ids: ${'['.repeat(long)}`,
  'braces that never close': '{a'.repeat(long / 2),
  'fields of an object': `mutation { createQuest(input: { eventMatch: { ${many(700, (index) => `a${index}: 1`)} } }) { userErrors { code } } }`,
};

const merged: Record<string, string> = {
  'one field with many arguments': `{ ${many(200, (index) => `node(id: "${index}") { id }`)} }`,
  'one field with fields, hundreds of times': `{ ${many(490, () => 'hello { message }')} }`,
  'one field with fields, in fragments': `{ ${many(60, (index) => `...F${index}`)} } ${many(60, (index) => `fragment F${index} on Query { ${many(6, () => 'hello { message }')} }`)}`,
  'one field below one field': `{ ${many(15, () => `posts(first: 1) { ${many(9, () => 'nodes { id }')} }`)} }`,
  'one field in inline fragments': `{ ${many(150, () => '... { hello { message } }')} }`,
};

const costs: Record<string, string> = {
  'page sizes in one another': `{ ${lists('100')} }`,
  'last pages in one another': `{ posts(last: 100) { nodes { collections(last: 100) { nodes { id } } } } }`,
  'pages of the usual size': '{ posts { nodes { collections { nodes { posts { nodes { id } } } } } } }',
  'defaults of variables': `query ($first: Int = 100) { ${lists('$first')} }`,
  'nodes and edges': `{ users(first: 100) { nodes { posts(first: 30) { nodes { id } } } edges { node { posts(first: 30) { nodes { id } } } } } }`,
  'lists without pages': '{ quests(first: 100) { nodes { prerequisites { rewards { reward { name } } } } } }',
  'ids of nodes': `{ nodes(ids: [${many(100, () => `"${post}"`)}]) { ... on Post { collections(first: 60) { nodes { id } } } } }`,
  'one of many types': `{ node(id: "${post}") { ... on User { posts(first: 100) { nodes { collections(first: 60) { nodes { id } } } } } } }`,
  'all of many types': `{ nodes(ids: [${many(50, () => `"${post}"`)}]) { ... on Post { collections(first: 60) { nodes { id name } } } ... on User { posts(first: 60) { nodes { id title } } } ... on Collection { posts(first: 60) { nodes { id title } } } } }`,
  'long texts': `{ ${many(5, (index) => `a${index}: posts(first: 100) { nodes { body } }`)} }`,
  'long texts, in 24 lists': `{ ${many(24, (index) => `a${index}: posts(first: 100) { nodes { body } }`)} }`,
  'long descriptions': `{ ${many(5, (index) => `a${index}: products(first: 100) { nodes { description } }`)} }`,
  'a fragment in many places': `{ ${many(10, (index) => `a${index}: posts(first: 50) { nodes { ...P } }`)} } fragment P on Post { id title version createdAt updatedAt author { id username displayName createdAt } }`,
  'fragments that double 13 times': `{ ...F0 } ${many(14, (index) => `fragment F${index} on Query { ${index < 13 ? `...F${index + 1} ...F${index + 1}` : '__typename hello { message }'} }`)}`,
  'fragments that double 60 times': `{ ...F0 } ${many(61, (index) => `fragment F${index} on Query { ${index < 60 ? `...F${index + 1} ...F${index + 1}` : 'hello { message }'} }`)}`,
  'fragments that are spread by ten 20 times': `{ ...F0 } ${many(21, (index) => `fragment F${index} on Query { ${index < 20 ? many(10, () => `...F${index + 1}`) : 'hello { message }'} }`)}`,
  'inline fragments around pages': `{ ... on Query { posts(first: 100) { ... on PostConnection { nodes { ... on Post { collections(first: 100) { nodes { id } } } } } } } }`,
  'a page below nothing beside a page': `query ($low: Int = -100) { low: posts(first: $low) { nodes { collections(first: 100) { nodes { id } } } } ${lists('100')} }`,
  'the events of a live list': `subscription { postChanged { post { collections(first: 100) { nodes { posts(first: 60) { nodes { id } } } } } } }`,
  'the answer to a change': `mutation { updatePost(input: { id: "${post}", expectedVersion: 1 }) { post { collections(first: 100) { nodes { posts(first: 60) { nodes { id } } } } } } }`,
  'lists of all that the viewer has': `{ viewer { purchases(first: 100) { nodes { buyer { posts(first: 60) { nodes { id } } } } } } }`,
};

const events = Array.from({ length: 500 }, () => ({
  eventId,
  eventType: 'a.b',
  timestamp: '2026-11-21T10:00:00Z',
}));
const results = `results { eventId outcome message ${many(9, (index) => `a${index}: outcome`)} }`;

const costsOfVariables: Record<string, readonly [query: string, variables: object]> = {
  'page sizes in variables': [
    `query ($a: Int!, $b: Int) { posts(first: $a) { nodes { collections(last: $b) { nodes { id } } } } }`,
    { a: 100, b: 100 },
  ],
  'variables over their defaults': [`query ($first: Int = 1) { ${lists('$first')} }`, { first: 100 }],
  'ids of nodes in a variable': [
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { collections(first: 60) { nodes { id } } } } }',
    { ids: Array.from({ length: 100 }, () => post) },
  ],
  'ids of nodes, each in a variable': [
    `query ($id: ID!) { nodes(ids: [${many(100, () => '$id')}]) { ... on Post { collections(first: 60) { nodes { id } } } } }`,
    { id: post },
  ],
  'many events': [
    `mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { ${results} } }`,
    { events },
  ],
  'many events, in the whole input': [
    `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { ${results} } }`,
    { input: { events } },
  ],
};

const groups = {
  depth,
  'introspection depth': introspection,
  aliases,
  directives,
  tokens,
  merged,
  cost: costs,
};

export const oversizedAbuses: readonly Abuse[] = [
  ...Object.entries(groups).flatMap(([group, queries]) =>
    Object.entries(queries).map(([name, query]) => ({
      name: `${group}: ${name}`,
      query,
      code: 'OPERATION_TOO_LARGE',
    })),
  ),
  ...Object.entries(costsOfVariables).map(([name, [query, variables]]) => ({
    name: `cost: ${name}`,
    query,
    variables: JSON.stringify(variables),
    code: 'OPERATION_TOO_LARGE',
  })),
];
