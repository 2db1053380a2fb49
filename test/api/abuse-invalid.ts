import type { Abuse } from './abuse.ts';
import { long, many, nested } from './abuse-text.ts';

const invalid: Record<string, string> = {
  'a fragment that spreads itself': '{ ...A } fragment A on Query { hello { message } ...A }',
  'a cycle through three fragments':
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
  'a cycle through fields':
    '{ posts(first: 1) { nodes { ...A } } } fragment A on Post { author { posts(first: 1) { nodes { ...A } } } }',
  'a cycle that nothing spreads':
    '{ hello { message } } fragment A on Query { ...B } fragment B on Query { ...A }',
  'a cycle of 100 fragments': `{ ...F0 } ${many(100, (index) => `fragment F${index} on Query { ...F${(index + 1) % 100} }`)}`,
  'every fragment spreads every other': `{ ...F0 } ${many(24, (index) => `fragment F${index} on Query { ${many(24, (other) => `...F${other}`)} }`)}`,
  'fragments that nothing spreads': `{ hello { message } } ${many(270, (index) => `fragment F${index} on Query { __typename }`)}`,
  'fragments that are not there': `{ ${many(900, (index) => `...F${index}`)} }`,
  'fragments on types that are not there': `{ ${many(300, (index) => `... on T${index} { id }`)} }`,
  'fragments of one name': `{ ...F } ${many(270, () => 'fragment F on Query { __typename }')}`,
  'a fragment that can never apply': '{ ... on Post { id } }',
  'one field with many arguments, in fragments': `{ ${many(60, (index) => `...F${index}`)} } ${many(60, (index) => `fragment F${index} on Query { posts(first: ${index}) { nodes { id } } }`)}`,
  'fields that differ deep inside': `{ ${many(60, (index) => `posts(first: 1) { nodes { author { posts(first: ${index}) { nodes { id } } } } }`)} }`,
  'one field thousands of times': `{ ${many(1_990, () => '__typename')} }`,
  'fields that are not there': `{ ${many(1_900, (index) => `f${index}`)} }`,
  'a field with a long name': `{ ${'a'.repeat(long)} }`,
  'a field that nearly exists': `{ hello { ${many(900, (index) => `messag${index}`)} } }`,
  'arguments that are not there': `{ hello(${many(450, (index) => `a${index}: 1`)}) { message } }`,
  'an argument with a long name': `{ hello(${'a'.repeat(long)}: 1) { message } }`,
  'variables that are not defined': `{ nodes(ids: [${many(900, (index) => `$v${index}`)}]) { id } }`,
  'variables that nothing uses': `query (${many(450, (index) => `$v${index}: Int`)}) { hello { message } }`,
  'variables of types that are not there': `query (${many(200, (index) => `$v${index}: T${index}`)}) { nodes(ids: [${many(200, (index) => `$v${index}`)}]) { id } }`,
  'variables of one name': `query (${many(380, () => '$v: ApiVersion!')}) { hello(version: $v) { message } }`,
  'a variable of a deep type': `query ($v: ${'['.repeat(900)}Int${']'.repeat(900)}) { posts(first: $v) { nodes { id } } }`,
  'a value that is none of the enum': `{ hello(version: "${'x'.repeat(long)}") { message } }`,
  'fields of an input that are not there': `mutation { signIn(input: { ${many(450, (index) => `k${index}: 1`)} }) { accessToken } }`,
  'a field of an input twice': `mutation { signIn(input: { ${many(450, () => 'login: "a"')}, password: "b" }) { accessToken } }`,
  'a directive that is not there': '{ hello @nothing { message } }',
  'directives that are not there, in many places': `{ ${many(600, () => '__typename @nothing')} }`,
  'a directive twice': '{ hello @include(if: true) @include(if: true) { message } }',
  'a directive in the wrong place': '{ hello @deprecated { message } }',
  'defer and stream': '{ ... @defer { posts(first: 1) { nodes @stream { id } } } }',
  'definitions of types': `${many(180, (index) => `type T${index} { a: Int }`)} { hello { message } }`,
  'operations without names': many(400, () => '{ __typename }'),
  'operations of one name': many(390, () => 'query Q { __typename }'),
  'subscriptions in one': `subscription { ${many(20, (index) => `a${index}: postChanged { cursor }`)} }`,
  'a subscription to nothing': 'subscription { __typename }',
  'a field of the prototype': '{ __proto__ { constructor } constructor toString hasOwnProperty }',
  'a fragment of the prototype': '{ ...__proto__ ...constructor }',
  'a directive of the prototype': '{ hello @constructor @hasOwnProperty { message } }',
  'an argument of the prototype': '{ hello(__proto__: 1, constructor: 2) { message } }',
  'a variable of the prototype': '{ node(id: $__proto__) { id } user(id: $constructor) { id } }',
  'a long comment before what is not there': `#${'x'.repeat(long)}\n{ goodbye }`,
  'many commas before what is not there': `${','.repeat(long)}{ goodbye }`,
  'many byte order marks': `${'\uFEFF'.repeat(long / 3)}{ goodbye }`,
  'a leaf with fields': `{ __typename { ${nested(5, 'a', (inner) => `a { ${inner} }`)} } }`,
};

const unreadable: Record<string, string> = {
  'a comment alone': `#${'x'.repeat(long)}`,
  'spaces alone': ' \t\n'.repeat(long / 5),
  'braces at once': '{'.repeat(long),
  'brackets at once': '['.repeat(long),
  'brackets of a list that is never closed': `{ nodes(ids: ${'['.repeat(1_900)}`,
  'fields in fields that are never closed': '{ a '.repeat(900),
  'inline fragments that are never closed': '{ ... '.repeat(900),
  'a string that is never closed': `{ node(id: "${'x'.repeat(long)}`,
  'a block string that is never closed': `{ node(id: """${'x\n'.repeat(long / 3)}`,
  'quotes without end': `{ node(id: ${'"'.repeat(long / 2)}`,
  'an escape that is none': '{ node(id: "\\x41") { id } }',
  'an escaped half of a character': '{ node(id: "\\uD800") { id } }',
  'an escape beyond all characters': '{ node(id: "\\u{110000}") { id } }',
  'half of a character': '{ node(id: "\uD800") { id } }',
  'a zero byte': '{ hello { message } \u0000 }',
  'a number with many zeros': `{ posts(first: ${'0'.repeat(long)}) { nodes { id } } }`,
  'a number and a name in one': `{ posts(first: 1${'a'.repeat(long)}) { nodes { id } } }`,
  'an empty selection': '{ }',
  'a query and more': '{ hello { message } } }',
  'an emoji': '{ 🐢 }',
};

/** Documents with several operations, of which none is the one to run. */
const unresolved: readonly Omit<Abuse, 'code'>[] = [
  { name: 'several, and no name', query: 'query A { __typename } query B { __typename }' },
  { name: 'several hundred, and no name', query: many(270, (index) => `query Q${index} { __typename }`) },
  { name: 'a name that is not there', query: 'query A { __typename }', operationName: 'B' },
  { name: 'a long name', query: 'query A { __typename }', operationName: 'B'.repeat(long) },
  { name: 'a name of the prototype', query: 'query A { __typename }', operationName: '__proto__' },
  { name: 'another name of the prototype', query: 'query A { __typename }', operationName: 'constructor' },
];

const named = (group: string, queries: Record<string, string>, code: string): Abuse[] =>
  Object.entries(queries).map(([name, query]) => ({ name: `${group}: ${name}`, query, code }));

export const invalidAbuses: readonly Abuse[] = [
  ...named('invalid', invalid, 'GRAPHQL_VALIDATION_FAILED'),
  ...named('unreadable', unreadable, 'GRAPHQL_PARSE_FAILED'),
  ...unresolved.map((abuse) => ({
    ...abuse,
    name: `operations: ${abuse.name}`,
    code: 'OPERATION_RESOLUTION_FAILURE',
  })),
];
