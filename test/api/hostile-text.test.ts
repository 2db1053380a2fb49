import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { BelongingsDocument, DeadLettersDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { insertDeadLetter } from '../kit/inserted.ts';
import { captureLog } from '../kit/log.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { present } from '../kit/unique.ts';
import { callsOf, type Things } from './root-calls.ts';

const app = await startApp({ LOG_LEVEL: 'error' });
const { seed, site } = app;
/** Nothing that a client writes may cause a server failure. */
const lines = captureLog(app);

/** What PostgreSQL cannot store, what a driver would change on the way, and what is invisible. */
const hostile = [
  '\u0000',
  'a\u0000b',
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0085',
  '\ud800',
  'a\udc00b',
  '\ud800\ud800\udc00',
  '\ufdd0\uffff',
  '\r\t\u2028',
  "'; select 1 -- $1 \\ %_",
  '\\u0000',
];

/** The path to a text in the variables of a root field, such as `['input', 'events', 0, 'data']`. */
type Path = readonly [string, ...(string | number)[]];
interface Place {
  readonly path: Path;
  /** The name of the scalar. */
  readonly type: string;
}

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const notText: ReadonlySet<string> = new Set(['Int', 'Float', 'SafeInt', 'Boolean']);

function placesOf(type: GraphQLInputType, path: Path): Place[] {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return placesOf(nullable.ofType, [...path, 0]);
  if (isScalarType(nullable)) return notText.has(nullable.name) ? [] : [{ path, type: nullable.name }];
  if (!isInputObjectType(nullable)) return [];
  return Object.values(nullable.getFields()).flatMap((field) => placesOf(field.type, [...path, field.name]));
}

/** A selection of all nodes of a list, or of `__typename`. */
function selectionOf(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (isLeafType(type)) return '';
  const isList = isObjectType(type) && 'totalCount' in type.getFields();
  return isList ? '{ nodes { __typename } totalCount }' : '{ __typename }';
}

const declared = (args: readonly GraphQLArgument[]) =>
  args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
const passed = (args: readonly GraphQLArgument[]) => args.map(({ name }) => `${name}: $${name}`).join(', ');

/** An operation that has every argument of the field as a variable. */
function documentOf(kind: string, field: GraphQLField<unknown, unknown>, around: (inner: string) => string) {
  const inner = `${field.name}(${passed(field.args)}) ${selectionOf(field)}`;
  return `${kind}(${declared(field.args)}) { ${around(inner)} }`;
}

interface Asked {
  readonly name: string;
  readonly query: string;
  readonly places: readonly Place[];
}

const asIs = (inner: string) => inner;
/** How to reach the objects whose fields take arguments. */
const around: Record<string, [kind: string, around: (inner: string) => string]> = {
  Query: ['query', asIs],
  Mutation: ['mutation', asIs],
  Subscription: ['subscription', asIs],
  Account: ['query', (inner) => `viewer { ${inner} }`],
  Wallet: ['query', (inner) => `viewer { wallet { ${inner} } }`],
  User: ['query', (inner) => `viewer { user { ${inner} } }`],
  Collection: ['query', (inner) => `collections(first: 1) { nodes { ${inner} } }`],
  Post: ['query', (inner) => `posts(first: 1) { nodes { ${inner} } }`],
};

function fieldsOf(type: GraphQLObjectType): Asked[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const places = field.args.flatMap(({ name, type: argument }) => placesOf(argument, [name]));
    if (places.length === 0) return [];
    const [kind, way] = present(around[type.name]);
    return [{ name: `${type.name}.${field.name}`, query: documentOf(kind, field, way), places }];
  });
}

const asked = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type) && !type.name.startsWith('__') ? fieldsOf(type) : [],
);

let admin: Person;
let things: Things;
const calls = callsOf(() => things);

beforeAll(async () => {
  admin = await seed.admin();
  const user = await seed.user().withGold(100);
  const quest = await seed.quest({ selfReported: true });
  await seed.event(user, quest.eventType);
  await seed.collect(user, await seed.collection(user), await seed.post(user));
  await site.settled();
  await insertDeadLetter(site, user);
  const account = present((await user.client.run(BelongingsDocument)).viewer);
  const { deadLetters } = await admin.client.run(DeadLettersDocument);
  things = {
    user,
    quest,
    reward: await seed.reward(),
    completionId: present(account.completions.nodes[0]).id,
    entryId: present(account.wallet.entries.nodes[0]).id,
    deadLetterId: present(deadLetters.nodes[0]).id,
    victim: await seed.user(),
    product: await seed.product(),
    collectionId: (await seed.collection(user)).id,
  };
});

/** Valid texts, so that only the one under test is wrong. */
const good: Record<string, unknown> = {
  metadata: { source: 'app', version: '1' },
  data: { a: 'b' },
  eventMatch: { a: 'b' },
  displayName: 'Ada',
  description: 'Of many words.',
};

/** The variables with a text at one path. */
function variablesWith(name: string, { path, type }: Place, text: string): unknown {
  const base: unknown = calls[name]?.[2]?.() ?? {};
  const put = (value: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return hostileOf(type, value, text);
    if (typeof key === 'number') {
      const [first, ...others] = Array.isArray(value) ? value : [];
      return [put(first, rest), ...others];
    }
    const fields: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
    return { ...fields, [key]: put(fields[key] ?? good[key], rest) };
  };
  return put(base, path);
}

function hostileOf(type: string, value: unknown, text: string): unknown {
  if (type === 'JSONObject') return { a: text, [text]: [{ [text]: text }] };
  return typeof value === 'string' ? `${value}${text}` : text;
}

interface Case {
  readonly place: string;
  readonly text: string;
  readonly payload: { readonly query: string; readonly variables: unknown };
}

function casesOf({ name, query, places }: Asked, texts: readonly string[]): Case[] {
  return places.flatMap((place) =>
    texts.map((text) => ({
      place: place.path.join('.'),
      text,
      payload: { query, variables: variablesWith(name, place, text) },
    })),
  );
}

/** The texts that cause a server failure, and how. */
async function failuresOverHttp(cases: readonly Case[]) {
  const failures: unknown[] = [];
  const left = cases.values();
  const work = async () => {
    for (const { place, text, payload } of left) {
      const { status, body } = await admin.client.post(payload);
      const codes = codesOf(body.errors).filter(isFailure);
      if (status !== 200 || codes.length > 0) failures.push({ place, text, status, codes });
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
  return failures;
}

/** The same over a WebSocket, one operation after another. */
async function failuresOverSocket(socket: Socket, cases: readonly Case[]) {
  const failures: unknown[] = [];
  for (const { place, text, payload } of cases) {
    socket.send({ id: '1', type: 'subscribe', payload });
    const codes = (await socket.codes()).filter(isFailure);
    if (codes.length > 0) failures.push({ place, text, codes });
  }
  return failures;
}

describe('text that PostgreSQL would refuse is no failure of the server', () => {
  test('in more than a hundred places', () => {
    const places = asked.flatMap((field) => field.places);
    expect(places.length).toBeGreaterThan(100);
    expect(new Set(places.map(({ type }) => type)).size).toBeGreaterThan(5);
  });

  test.each(asked)('$name', async (field) => {
    if (!field.name.startsWith('Subscription.'))
      expect(await failuresOverHttp(casesOf(field, hostile))).toEqual([]);
    const authorization = `Bearer ${admin.accessToken}`;
    const socket = await Socket.acknowledged(app.client, { authorization });
    expect(await failuresOverSocket(socket, casesOf(field, ['a\u0000b', '\ud800']))).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('and nothing is stored in its place', async () => {
    const tables = ['account', 'post', 'collection', 'product', 'quest', 'reward', 'recorded_event'];
    expect(await site.contents(...tables)).not.toContain('\ufffd');
  });
});

function isFailure(code: string): boolean {
  return code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE' || code === 'undefined';
}

describe('one bad event of a batch', () => {
  const query = `mutation ($events: [EventInput!]!) {
    recordEvents(input: { events: $events }) { results { outcome } userErrors { code } }
  }`;
  const wrongTypes = [...hostile, '', ' ', 'x', 'A.B', 'a b', '.a', 'a..b', 'é.è'];
  /** JSON may contain every character that can be stored. */
  const unstorable = ['\u0000', 'a\u0000b', '\ud800', 'a\udc00b', '\ud800\ud800\udc00'];
  const wrong: [string, object][] = [
    ...wrongTypes.map((eventType): [string, object] => [`type ${JSON.stringify(eventType)}`, { eventType }]),
    ...unstorable.flatMap((text): [string, object][] => [
      [`data ${JSON.stringify(text)}`, { data: { a: [text] } }],
      [`key ${JSON.stringify(text)}`, { data: { [text]: 1 } }],
    ]),
    ...hostile.slice(0, 9).flatMap((text): [string, object][] => [
      [`source ${JSON.stringify(text)}`, { metadata: { source: `a${text}b` } }],
      [`version ${JSON.stringify(text)}`, { metadata: { version: `a${text}b` } }],
    ]),
  ];

  test.each(['USER', 'SERVICE'])('leaves the good ones of a %s', async (role) => {
    const { eventType } = await seed.quest({ selfReported: true });
    const person = await (role === 'USER' ? seed.user() : seed.service());
    const event = () => ({ eventId: crypto.randomUUID(), eventType, timestamp: new Date().toISOString() });
    for (const [what, fields] of wrong) {
      const events = [event(), { ...event(), ...fields }, event()];
      const { body } = await person.client.post({ query, variables: { events } });
      const results = ['ACCEPTED', 'REJECTED', 'ACCEPTED'].map((outcome) => ({ outcome }));
      expect([what, body]).toEqual([what, { data: { recordEvents: { results, userErrors: [] } } }]);
    }
    expect(lines).toEqual([]);
  });

  test('over WebSocket too', async () => {
    const { eventType } = await seed.quest({ selfReported: true });
    const { accessToken } = await seed.user();
    const socket = await Socket.acknowledged(app.client, { authorization: `Bearer ${accessToken}` });
    for (const [what, fields] of wrong) {
      const event = () => ({ eventId: crypto.randomUUID(), eventType, timestamp: new Date().toISOString() });
      const variables = { events: [event(), { ...event(), ...fields }, event()] };
      socket.send({ id: '1', type: 'subscribe', payload: { query, variables } });
      const { payload } = await socket.receive('next');
      await socket.receive('complete');
      expect([what, JSON.stringify(payload).match(/ACCEPTED|REJECTED/g)]).toEqual([
        what,
        ['ACCEPTED', 'REJECTED', 'ACCEPTED'],
      ]);
    }
    expect(lines).toEqual([]);
  });
});
