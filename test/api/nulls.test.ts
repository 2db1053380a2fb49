import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';

// What an explicit null means (see the top of the contract's schema): in the input of a mutation it is refused with a
// user error of the field, unless the field's description mentions null; everywhere else it is the same as leaving the
// value out. All optional arguments and fields are found in the schema: a new one must be tried here, or these tests
// fail.

const app = await startApp({ LIMIT_COST: '0' });
const { seed, site } = app;
const admin = await seed.admin();
const person = await seed.user().withGold(500);
const { product, quest, reward, post, collection } = await ground();

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));

describe('in the input of a mutation', () => {
  const inputs: Readonly<Record<string, Mutation>> = {
    signUp: { by: app.client, input: () => newcomer() },
    updateProfile: { by: person.client, input: () => ({}) },
    linkProvider: { by: person.client, input: () => ({ provider: 'google' }) },
    deleteAccount: { by: person.client, input: () => ({ password: 'not mine' }) },
    createQuest: { by: admin.client, input: () => ({ name: 'Q', eventType: unique('a.') }) },
    updateQuest: { by: admin.client, input: () => ({ id: quest.id, expectedVersion: quest.version++ }) },
    updateReward: { by: admin.client, input: () => ({ id: reward.id, expectedVersion: 1 }) },
    createProduct: { by: admin.client, input: () => ({ sku: unique('S'), name: 'P', price: product.price }) },
    updateProduct: {
      by: admin.client,
      input: () => ({ id: product.id, expectedVersion: product.version++ }),
    },
    updatePost: { by: person.client, input: () => ({ id: post.id, expectedVersion: 1 }) },
    updateCollection: { by: person.client, input: () => ({ id: collection.id, expectedVersion: 1 }) },
    markNotificationsRead: { by: person.client, input: () => ({}) },
    recordEvents: { by: admin.client, input: () => ({ events: [newEvent()] }) },
  };

  const places = Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap((mutation) =>
    mutation.args.flatMap(({ type }) =>
      optionalFields(getNamedType(type)).map((at) => ({ mutation, ...at })),
    ),
  );

  test('every mutation with optional fields is tried', () => {
    expect(places.length).toBeGreaterThan(40);
    const names = new Set(places.map(({ mutation }) => mutation.name));
    expect([...names].sort()).toEqual(Object.keys(inputs).sort());
  });

  test.each(
    places.map((place) => ({ ...place, name: `${place.mutation.name}(${place.path.join('.')}: null)` })),
  )('$name', async ({ mutation, path, says }) => {
    const given = inputs[mutation.name];
    if (given === undefined) throw new Error(`Nothing is known of ${mutation.name}.`);
    const complaints = await complaintsOf(given.by, mutation.name, withNull(given.input(), path));
    const about = complaints.filter((complaint) => complaint.includes(path.at(-1) ?? ''));
    if (/null/i.test(says)) expect(about).toEqual([]);
    else expect(complaints.length).toBeGreaterThan(0);
  });

  test('markNotificationsRead(ids: null) marks none and says how many are unread', async () => {
    const reader = await seed.user().withGold(1).withDiamonds(1);
    const query =
      'mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { unreadNotificationCount userErrors { code field } } }';
    const mark = async (input: object) =>
      (await reader.client.post({ query, variables: { input } })).body.data;
    const userErrors = [{ code: 'INVALID', field: ['input', 'ids'] }];
    const unread = Object(
      (await reader.client.post({ query: '{ viewer { unreadNotificationCount } }' })).body.data,
    );
    const count = unread.viewer.unreadNotificationCount;
    expect(count).toBeGreaterThan(0);
    expect(await mark({ ids: null })).toEqual({
      markNotificationsRead: { unreadNotificationCount: count, userErrors },
    });
    expect(await mark({ ids: [] })).toMatchObject({
      markNotificationsRead: { unreadNotificationCount: count },
    });
    expect(await mark({})).toMatchObject({ markNotificationsRead: { unreadNotificationCount: 0 } });
  });

  test('an event about null is nobody’s', async () => {
    const query = `mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }`;
    const event = { ...newEvent(), eventType: unique('null.') };
    for (const { client } of [admin, person, await seed.service()]) {
      const { body } = await client.post({ query, variables: { events: [{ ...event, userId: null }] } });
      expect(body).toEqual({ data: { recordEvents: { results: [{ outcome: 'REJECTED' }] } } });
    }
    expect(await site.sql('select from recorded_event where event_type = $1', event.eventType)).toEqual([]);
  });
});

describe('as an argument of any other field', () => {
  /** The path to each field, with the required arguments; `%` stands for the field itself. */
  const ways: Readonly<Record<string, string>> = {
    'Query.accounts': '%',
    'Query.user': `% username: "${person.username}"`,
    'Query.users': '%',
    'Query.quests': '%',
    'Query.rewards': '%',
    'Query.product': `% sku: "${product.sku}"`,
    'Query.products': '%',
    'Query.posts': '%',
    'Query.collections': '%',
    'Query.events': '%',
    'Query.deadLetters': '%',
    'Query.auditEvents': '%',
    'Account.questProgress': `account(userId: "${person.id}") { % }`,
    'Account.completions': `account(userId: "${person.id}") { % }`,
    'Account.purchases': `account(userId: "${person.id}") { % }`,
    'Account.notifications': `account(userId: "${person.id}") { % }`,
    'User.posts': `user(id: "${person.id}") { % }`,
    'User.collections': `user(id: "${person.id}") { % }`,
    'Wallet.entries': `account(userId: "${person.id}") { wallet { % } }`,
    'Post.collections': `post(id: "${post.id}") { % }`,
    'Collection.posts': `collection(id: "${collection.id}") { % }`,
  };
  const orders: Readonly<Record<string, string>> = {
    PostOrder: '{ field: CREATED_AT }',
    ProductOrder: '{ field: CREATED_AT }',
  };

  const fields = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter((type) => type !== schema.getMutationType() && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) => {
        const optional = field.args.filter(isOptional);
        return optional.length > 0 ? [{ coordinate: `${type.name}.${field.name}`, field, optional }] : [];
      }),
    );
  const live = fields.filter(({ coordinate }) => coordinate.startsWith('Subscription.'));
  const read = fields.filter((field) => !live.includes(field));

  test('every field with optional arguments is tried', () => {
    expect(read.map(({ coordinate }) => coordinate).sort()).toEqual(Object.keys(ways).sort());
  });

  test.each(read)('$coordinate', async ({ coordinate, field, optional }) => {
    await site.settled();
    const [way = '%', needed = ''] = (ways[coordinate] ?? '').split(/(?<=%)(?= \w+:)/);
    const ask = (args: string) => {
      const nodes = isConnection(field.type)
        ? '{ totalCount nodes { id } pageInfo { hasNextPage } }'
        : '{ id }';
      const all = `${needed} ${args}`.trim();
      return admin.client.post({
        query: `{ ${way.replace('%', `${field.name}${all && `(${all})`} ${nodes}`)} }`,
      });
    };
    const leftOut = (await ask('')).body;
    expect(leftOut.errors).toBeUndefined();
    expect(JSON.stringify(leftOut)).toContain('"id"');
    for (const { name, type } of optional) {
      if (needed.includes(`${name}:`)) continue;
      expect([name, (await ask(`${name}: null`)).body]).toEqual([name, leftOut]);
      const inner = getNamedType(type);
      if (!isInputObjectType(inner)) continue;
      const base = orders[inner.name] ?? '{ }';
      for (const nested of Object.values(inner.getFields()).filter(isOptional)) {
        const given = `${name}: ${base.replace('}', `${nested.name}: null }`)}`;
        expect([given, (await ask(given)).body]).toEqual([given, leftOut]);
      }
    }
  });

  const causes: Readonly<Record<string, Cause>> = {
    'Subscription.questCompleted': { cause: () => seed.event(person, quest.eventType) },
    'Subscription.questProgressed': { cause: () => seed.event(person, quest.eventType) },
    'Subscription.notificationReceived': { cause: () => seed.give(person, { currency: 'GOLD', amount: 1 }) },
    'Subscription.walletChanged': { cause: () => seed.give(person, { currency: 'GOLD', amount: 1 }) },
    'Subscription.postChanged': { cause: () => seed.post(person) },
    'Subscription.collectionChanged': {
      needed: `collectionId: "${collection.id}"`,
      cause: async () => seed.collect(person, collection, await seed.post(person)),
    },
  };

  test.each(live)('$coordinate', async ({ coordinate, field, optional }) => {
    const { needed = '', cause } = causes[coordinate] ?? {
      cause: () => Promise.reject(new Error(coordinate)),
    };
    const socket = await Socket.acknowledged(app, { authorization: `Bearer ${person.accessToken}` });
    const args = [needed, ...optional.map(({ name }) => `${name}: null`)];
    for (const [id, arg] of args.entries()) {
      const all = [needed, arg].filter((text, n) => text !== '' && (n === 0 || text !== needed)).join(' ');
      const query = `subscription { ${field.name}${all && `(${all})`} { __typename cursor } }`;
      socket.send({ type: 'subscribe', id: String(id), payload: { query } });
    }
    socket.send({ type: 'subscribe', id: 'ready', payload: { query: '{ hello { version } }' } });
    await socket.receive('next');
    await socket.receive('complete');
    await site.settled();
    await cause();
    const heard = new Map<string, string>();
    while (heard.size < args.length) {
      const { id = '', payload } = await socket.receive('next');
      heard.set(id, heard.get(id) ?? JSON.stringify(payload));
    }
    expect(new Set(heard.values()).size).toBe(1);
    socket.drop();
  });
});

interface Mutation {
  readonly by: Client;
  readonly input: () => Record<string, unknown>;
}

interface Cause {
  readonly needed?: string;
  readonly cause: () => Promise<unknown>;
}

interface Place {
  /** The path inside the input. */
  readonly path: readonly string[];
  readonly says: string;
}

function isOptional({ type }: GraphQLArgument | GraphQLInputField): boolean {
  return !isNonNullType(type);
}

function isConnection(type: unknown): boolean {
  return String(type).includes('Connection');
}

/** All fields that may be null, including those of nested inputs. */
function optionalFields(type: unknown): Place[] {
  if (!isInputObjectType(type)) return [];
  return fieldsOf(type).flatMap((field) => [
    ...(isOptional(field) ? [{ path: [field.name], says: field.description ?? '' }] : []),
    ...optionalFields(getNamedType(field.type)).map(({ path, says }) => ({
      path: [field.name, ...path],
      says,
    })),
  ]);
}

function fieldsOf(type: GraphQLInputObjectType): GraphQLInputField[] {
  return Object.values(type.getFields());
}

/** The input with null at the path; a list on the path has one item. */
function withNull(
  input: Record<string, unknown>,
  [key = '', ...rest]: readonly string[],
): Record<string, unknown> {
  if (rest.length === 0) return { ...input, [key]: null };
  const inner = input[key] ?? {};
  const [item] = Array.isArray(inner) ? inner : [inner];
  const changed = withNull(item, rest);
  return { ...input, [key]: Array.isArray(inner) ? [changed] : changed };
}

/** The fields of all user errors, and the messages of rejected events. */
async function complaintsOf(by: Client, mutation: string, input: object): Promise<string[]> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const results = mutation === 'recordEvents' ? 'results { outcome message }' : '';
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${results} userErrors { code field } } }`;
  const { body } = await by.post<Record<string, Told>>({ query, variables: { input } });
  expect(body.errors).toBeUndefined();
  const told = body.data?.[mutation];
  return [
    ...(told?.userErrors ?? []).map(({ field }) => field?.join('.') ?? ''),
    ...(told?.results ?? []).flatMap(({ message }) => message ?? []),
  ];
}

interface Told {
  readonly userErrors: readonly { readonly field: readonly string[] | null }[];
  readonly results?: readonly { readonly message: string | null }[];
}

function newcomer() {
  return { email: `${unique('u')}@example.com`, username: unique('u'), password: 'plum violin harbour' };
}

function newEvent() {
  return { eventId: randomUUID(), eventType: 'a.b', timestamp: new Date().toISOString() };
}

/** Creates something for each list. */
async function ground() {
  const made = await seed.quest({ maxCompletions: null, eventType: unique('null.') });
  await seed.event(person, made.eventType);
  const reward = await seed.reward();
  const product = await seed.product();
  const bought = await seed.product();
  await seed.purchase(person, bought);
  const post = await seed.post(person);
  const collection = await seed.collection(person);
  await seed.collect(person, collection, post);
  await site.settled();
  const [event] = await site.sql<{ id: string }>('select id from recorded_event limit 1');
  await site.sql(
    `insert into dead_letter (recorded_event_id, error, attempts) values ($1, 'a test', 8)`,
    event?.id,
  );
  return { product: { ...product }, quest: { ...made }, reward, post, collection };
}
