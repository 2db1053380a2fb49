import { ApolloServer } from '@apollo/server';
import {
  execute,
  GraphQLBoolean,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { badUserInput } from '../../src/domain/errors.ts';
import { codeOf } from '../../src/schema/error-code.ts';
import {
  GraphQLCursor,
  GraphQLDateTime,
  GraphQLEmailAddress,
  GraphQLJSONObject,
  GraphQLLiveCursor,
  GraphQLSafeInt,
  GraphQLTimeZone,
  GraphQLURL,
  GraphQLUUID,
} from '../../src/schema/scalars.ts';

const types = {
  dateTime: GraphQLDateTime,
  cursor: GraphQLCursor,
  liveCursor: GraphQLLiveCursor,
  safeInt: GraphQLSafeInt,
  json: GraphQLJSONObject,
  timeZone: GraphQLTimeZone,
  email: GraphQLEmailAddress,
  url: GraphQLURL,
  uuid: GraphQLUUID,
  id: GraphQLID,
  int: GraphQLInt,
};
const fields = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
const input = new GraphQLInputObjectType({
  name: 'Input',
  fields: {
    ...fields,
    required: { type: GraphQLInt },
    money: { type: new GraphQLNonNull(GraphQLSafeInt), defaultValue: 1 },
  },
});

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      echo: {
        type: GraphQLBoolean,
        args: {
          ...fields,
          input: { type: input },
          strict: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 1 },
        },
        resolve: () => true,
      },
      broken: {
        type: GraphQLBoolean,
        resolve: () => {
          throw new Error('Argument "x" has invalid value, says a database');
        },
      },
      refusing: {
        type: GraphQLBoolean,
        resolve: () => {
          throw badUserInput('The id is malformed.');
        },
      },
      forbidden: {
        type: GraphQLBoolean,
        resolve: () => {
          throw new GraphQLError('No.', { extensions: { code: 'FORBIDDEN' } });
        },
      },
      misspelt: { type: GraphQLUUID, resolve: () => 7 },
      nameless: { type: GraphQLID, resolve: () => ({}) },
    },
  }),
});

const server = new ApolloServer({
  schema,
  formatError: (formatted, error): GraphQLFormattedError => ({
    ...formatted,
    extensions: { ...formatted.extensions, code: codeOf(error) ?? 'INTERNAL_SERVER_ERROR' },
  }),
});

/** Executes as over HTTP. */
async function overHttp(query: string, variables: Record<string, unknown> = {}) {
  const { body } = await server.executeOperation({ query, variables });
  if (body.kind !== 'single') throw new Error('The answer came in parts.');
  return codesOf(body.singleResult.errors?.map(({ extensions }) => extensions?.code));
}

/** Executes as graphql-ws does: with graphql-js alone. */
async function overWebSocket(query: string, variableValues: Record<string, unknown> = {}) {
  const document = parse(query);
  const invalid = validate(schema, document);
  if (invalid.length > 0)
    return codesOf(invalid.map((error) => codeOf(error) ?? 'GRAPHQL_VALIDATION_FAILED'));
  const { errors } = await execute({ schema, document, variableValues });
  return codesOf(errors?.map((error) => codeOf(error) ?? 'INTERNAL_SERVER_ERROR'));
}

function codesOf(codes: readonly unknown[] = []) {
  return [...new Set(codes)];
}

async function expectCode(code: string, query: string, variables?: Record<string, unknown>) {
  expect(await overHttp(query, variables), query).toEqual([code]);
  expect(await overWebSocket(query, variables), query).toEqual([code]);
}

const malformed: readonly (readonly [keyof typeof types, string, unknown])[] = [
  ['dateTime', '7', 7],
  ['cursor', '7', 7],
  ['liveCursor', 'true', true],
  ['safeInt', '1.5', 1.5],
  ['safeInt', '9007199254740992', 2 ** 53],
  ['json', '[]', []],
  ['json', '{ a: { __proto__: 1 } }', JSON.parse('{"a":{"__proto__":1}}')],
  ['timeZone', '1', 1],
  ['email', '{ a: "ada" }', { a: 'ada' }],
  ['url', 'true', true],
  ['uuid', '"7"', '7'],
  ['int', '"7"', '7'],
  ['id', '1.5', 1.5],
  ['id', '{ a: 1 }', { a: 1 }],
];

test.each(malformed)(
  'a malformed %s (%s) is BAD_USER_INPUT wherever it stands',
  async (name, literal, value) => {
    const type = types[name].name;
    await expectCode('BAD_USER_INPUT', `{ echo(${name}: ${literal}) }`);
    await expectCode('BAD_USER_INPUT', `{ echo(input: { ${name}: ${literal} }) }`);
    await expectCode('BAD_USER_INPUT', `query ($value: ${type} = ${literal}) { echo(${name}: $value) }`, {});
    await expectCode('BAD_USER_INPUT', `query ($value: ${type}) { echo(${name}: $value) }`, { value });
    await expectCode('BAD_USER_INPUT', 'query ($value: Input) { echo(input: $value) }', {
      value: { [name]: value },
    });
  },
);

test('an error in a literal says where it is', async () => {
  const { body } = await server.executeOperation({ query: '{ echo(uuid: "7") }' });
  if (body.kind !== 'single') throw new Error('The answer came in parts.');
  expect(body.singleResult.errors).toEqual([
    {
      message: 'UUID must be a UUID, such as 01926d3e-7c1a-7b6e-9f58-0242ac120002.',
      locations: [{ line: 1, column: 14 }],
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
});

test('what comes to light only with the variables is BAD_USER_INPUT', async () => {
  const deep = JSON.parse(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`);
  const inJson = 'query ($value: JSONObject) { echo(json: { a: $value }) }';
  await expectCode('BAD_USER_INPUT', inJson, { value: deep });
  await expectCode('BAD_USER_INPUT', 'query ($value: Int = 1) { echo(strict: $value) }', { value: null });
  await expectCode('BAD_USER_INPUT', 'query ($value: SafeInt = 1) { echo(input: { money: $value }) }', {
    value: null,
  });
  await expectCode('BAD_USER_INPUT', 'query ($value: Boolean = true) { echo @include(if: $value) }', {
    value: null,
  });
  await expectCode('BAD_USER_INPUT', 'query ($value: Int!) { echo(int: $value) }', {});
  await expectCode('BAD_USER_INPUT', 'query ($value: Int!) { echo(int: $value) }', { value: null });
  await expectCode('BAD_USER_INPUT', 'query ($value: Input) { echo(input: $value) }', {
    value: { unknown: 1 },
  });
});

test.each([
  ['{ echo(dateTime: $missing) }'],
  ['{ nothing }'],
  ['{ echo(unknown: 1) }'],
  ['{ echo(input: { unknown: 1 }) }'],
  ['{ echo(input: { money: null }) }'],
  ['{ echo { a } }'],
  ['query ($value: Int) { echo }'],
  ['query ($value: Query) { echo(int: $value) }'],
  ['query ($value: String) { echo(id: $value) }'],
])('%s stays a failed validation', async (query) => {
  await expectCode('GRAPHQL_VALIDATION_FAILED', query);
});

test('what a resolver throws keeps its code, and has none of its own without one', async () => {
  await expectCode('BAD_USER_INPUT', '{ refusing }');
  await expectCode('FORBIDDEN', '{ forbidden }');
  await expectCode('INTERNAL_SERVER_ERROR', '{ broken }');
  await expectCode('INTERNAL_SERVER_ERROR', '{ misspelt }');
  await expectCode('INTERNAL_SERVER_ERROR', '{ nameless }');
});

test('a document that is no GraphQL keeps its code', async () => {
  expect(await overHttp('{ echo(')).toEqual(['GRAPHQL_PARSE_FAILED']);
});

test('only errors of GraphQL have a code', () => {
  expect(codeOf(Object.assign(new Error('x'), { extensions: { code: 'FORBIDDEN' } }))).toBeUndefined();
  expect(codeOf(new GraphQLError('x', { extensions: { code: 23505 } }))).toBeUndefined();
  expect(codeOf('BAD_USER_INPUT')).toBeUndefined();
});
