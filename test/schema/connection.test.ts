import 'reflect-metadata';
import { execute, type GraphQLSchema, parse, printType } from 'graphql';
import { Args, ArgsType, buildSchemaSync, Field, ID, ObjectType, Query, Resolver } from 'type-graphql';
import { expect, test } from 'vitest';
import { type Page, pageOf } from '../../src/domain/page.ts';
import { Refusal, refuse } from '../../src/domain/refusal.ts';
import { connectionOf } from '../../src/loaders/connection-of.ts';
import { Connection, ConnectionArgs } from '../../src/schema/connection.ts';
import { orBadUserInput, Payload, payloadOf } from '../../src/schema/payload.ts';

@ObjectType({ simpleResolvers: true })
class Quest {
  @Field(() => ID)
  id!: string;
}
const QuestConnection = Connection(() => Quest, 'Quest');

@ObjectType({ simpleResolvers: true })
class QuestPayload extends Payload {
  @Field(() => Quest, { nullable: true })
  quest?: Quest | null;
}

@ArgsType()
class QuestsArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  eventType?: string | null;
}

let counted = 0;
let cursors = 0;

@Resolver()
class QuestResolver {
  @Query(() => QuestConnection)
  quests(@Args(() => QuestsArgs) args: QuestsArgs) {
    const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    return connectionOf(
      rows,
      pageOf(args),
      ({ id }) => {
        cursors++;
        return `cursor of ${id}`;
      },
      async () => {
        counted++;
        return 3;
      },
    );
  }

  @Query(() => QuestPayload, { nullable: true })
  done() {
    return payloadOf({ quest: { id: 'a' } });
  }

  @Query(() => QuestPayload, { nullable: true })
  refused() {
    return payloadOf<{ quest: { id: string } }>(refuse('TAKEN', 'Somebody has it.', ['title']));
  }
}

const schema: GraphQLSchema = buildSchemaSync({ resolvers: [QuestResolver], validate: false });

function sdlOf(name: string): string {
  const type = schema.getType(name);
  if (type === undefined) throw new Error(`The schema has no ${name}.`);
  return printType(type);
}

async function run(query: string) {
  const { data, errors } = await execute({ schema, document: parse(query) });
  expect(errors).toBeUndefined();
  return structuredClone(data);
}

test('a connection has the types of the contract', () => {
  expect(sdlOf('QuestEdge')).toBe('type QuestEdge {\n  cursor: Cursor!\n  node: Quest!\n}');
  expect(sdlOf('QuestConnection')).toBe(
    'type QuestConnection {\n  edges: [QuestEdge!]!\n  nodes: [Quest!]!\n  pageInfo: PageInfo!\n  totalCount: Int!\n}',
  );
  expect(sdlOf('PageInfo')).toBe(
    'type PageInfo {\n  hasNextPage: Boolean!\n  hasPreviousPage: Boolean!\n  startCursor: Cursor\n  endCursor: Cursor\n}',
  );
  expect(sdlOf('Query')).toContain(
    'quests(first: Int, after: Cursor, last: Int, before: Cursor, eventType: String): QuestConnection!',
  );
});

test('user errors have the types of the contract', () => {
  expect(sdlOf('UserError')).toBe(
    `"""
A mistake that a person can correct, to show beside the field that it names.
"""
type UserError {
  code: UserErrorCode!
  message: String!

  """
  The path in the input, such as ["input", "title"]; null if it is about the whole input.
  """
  field: [String!]
}`,
  );
  expect(sdlOf('UserErrorCode')).toContain('"""The value breaks a rule of its field."""\n  INVALID');
  expect(sdlOf('UserErrorCode').match(/^ {2}[A-Z_]+$/gm)).toHaveLength(11);
  expect(sdlOf('QuestPayload')).toBe('type QuestPayload {\n  userErrors: [UserError!]!\n  quest: Quest\n}');
  expect(schema.getType('Payload')).toBeUndefined();
});

test('a connection answers every field, and computes only what is asked for', async () => {
  counted = 0;
  cursors = 0;
  expect(await run('{ quests(first: 2) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }')).toEqual(
    {
      quests: { nodes: [{ id: 'a' }, { id: 'b' }], pageInfo: { hasNextPage: true, hasPreviousPage: false } },
    },
  );
  expect([counted, cursors]).toEqual([0, 0]);

  expect(
    await run(
      '{ quests(first: 2) { edges { cursor node { id } } pageInfo { startCursor endCursor } a: totalCount b: totalCount } }',
    ),
  ).toEqual({
    quests: {
      edges: [
        { cursor: 'cursor of a', node: { id: 'a' } },
        { cursor: 'cursor of b', node: { id: 'b' } },
      ],
      pageInfo: { startCursor: 'cursor of a', endCursor: 'cursor of b' },
      a: 3,
      b: 3,
    },
  });
  expect([counted, cursors]).toEqual([1, 4]);
});

const badUserInput = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });

test('a page is 20 rows from the start where nothing else is asked for', () => {
  expect(pageOf({})).toEqual({ limit: 20, backward: false });
  expect(pageOf({ first: null, last: null, after: null, before: null })).toEqual({
    limit: 20,
    backward: false,
  });
  expect(pageOf({ after: 'a', before: 'b' })).toEqual({
    limit: 20,
    backward: false,
    after: 'a',
    before: 'b',
  });
  expect(pageOf({ first: 0, last: null })).toEqual({ limit: 0, backward: false });
  expect(pageOf({ first: 100 })).toEqual({ limit: 100, backward: false });
  expect(pageOf({ last: 0 })).toEqual({ limit: 0, backward: true });
  expect(pageOf({ last: 100, before: 'b' })).toEqual({ limit: 100, backward: true, before: 'b' });
  // An empty cursor is malformed, not absent.
  expect(pageOf({ after: '' })).toEqual({ limit: 20, backward: false, after: '' });
});

test.each([
  { first: -1 },
  { first: 101 },
  { last: -1 },
  { last: 101 },
  { first: 1, last: 1 },
  { first: 0, last: 0 },
  { first: 2 ** 31 - 1 },
])('%j is no page', (args) => {
  expect(() => pageOf(args)).toThrow(badUserInput);
});

const cursorOf = (row: number) => `c${row}`;
const connection = (read: readonly number[], page: Partial<Page>) => {
  const made = connectionOf(read, { limit: 3, backward: false, ...page }, cursorOf, async () => 9);
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = made.pageInfo;
  return {
    nodes: made.nodes,
    next: hasNextPage,
    previous: hasPreviousPage,
    ends: [startCursor(), endCursor()],
  };
};

test('a page tells whether there is more on either side', () => {
  const whole = { nodes: [1, 2, 3], next: false, previous: false, ends: ['c1', 'c3'] };
  expect(connection([1, 2, 3], {})).toEqual(whole);
  expect(connection([1, 2, 3, 4], {})).toEqual({ ...whole, next: true });
  expect(connection([1, 2, 3], { after: 'x' })).toEqual({ ...whole, previous: true });
  expect(connection([1, 2, 3], { before: 'x' })).toEqual({ ...whole, next: true });

  expect(connection([3, 2, 1], { backward: true })).toEqual(whole);
  expect(connection([3, 2, 1, 0], { backward: true })).toEqual({ ...whole, previous: true });
  expect(connection([3, 2, 1], { backward: true, before: 'x' })).toEqual({ ...whole, next: true });
  expect(connection([3, 2, 1], { backward: true, after: 'x' })).toEqual({ ...whole, previous: true });
});

test('an empty page has no cursors', () => {
  const empty = { nodes: [], next: false, previous: false, ends: [null, null] };
  expect(connection([], {})).toEqual(empty);
  expect(connection([], { backward: true })).toEqual(empty);
  expect(connection([1], { limit: 0 })).toEqual({ ...empty, next: true });
  expect(connection([1], { limit: 0, backward: true })).toEqual({ ...empty, previous: true });
});

test('a payload holds the result or the reasons of the refusal', async () => {
  expect(await run('{ done { quest { id } userErrors { code } } }')).toEqual({
    done: { quest: { id: 'a' }, userErrors: [] },
  });
  expect(await run('{ refused { quest { id } userErrors { code message field } } }')).toEqual({
    refused: {
      quest: null,
      userErrors: [{ code: 'TAKEN', message: 'Somebody has it.', field: ['input', 'title'] }],
    },
  });
  expect(
    payloadOf<{ entries: string[]; wallet: string }>(refuse('NOT_FOUND', 'There is none.'), { entries: [] }),
  ).toEqual({ entries: [], userErrors: [{ code: 'NOT_FOUND', message: 'There is none.', field: null }] });
});

test('where an answer has no user errors, a refusal is BAD_USER_INPUT', () => {
  expect(orBadUserInput('sword')).toBe('sword');
  const refusal = new Refusal([
    { code: 'INVALID', message: 'Can have at most 200 characters.', field: ['search'] },
  ]);
  expect(() => orBadUserInput(refusal)).toThrow(badUserInput);
  expect(() => orBadUserInput(refusal)).toThrow('search: Can have at most 200 characters.');
  expect(() => orBadUserInput(refuse('INVALID', 'No.'))).toThrow(/^No\.$/);
});
