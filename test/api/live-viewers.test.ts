import 'reflect-metadata';
import { createSecretKey, randomUUID } from 'node:crypto';
import {
  execute,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import { parseId, toId } from '../../src/domain/ids.ts';
import type { LiveRecord } from '../../src/pubsub/topics.ts';
import { resolverClasses } from '../../src/resolvers/index.ts';
import { buildSchema } from '../../src/schema/build-schema.ts';
import { LiveCursors } from '../../src/schema/live-cursors.ts';
import { buildContext, type ContextSource, noDevice } from '../../src/transport/build-context.ts';
import { startApp } from '../kit/app.ts';
import { lead } from './lives.ts';

const app = await startApp();
const { seed, site } = app;

// The resolvers have no services: what is reached from a subscription only reads.
const schema = buildSchema(resolverClasses, (resolverClass) => Object.create(resolverClass.prototype));

let viewers: Viewer[];
let records: Map<string, LiveRecord>;
let source: ContextSource;
beforeAll(async () => {
  const { person, friend } = await lead(app);
  const { id } = await seed.collection(person, { visibility: 'PUBLIC' });
  await seed.post(person, { collectionIds: [id] });
  await site.settled();
  const ids = [person, friend, await seed.admin()].map((who) => parseId(who.id).uuid);
  const [own = '', other = '', boss = ''] = ids;
  const sessions = await site.sql<{ id: string }>('select id from session where account_id = $1', own);
  const [here, there] = sessions.map((session) => session.id);
  viewers = [
    viewerOf(own, 'USER', here),
    viewerOf(own, 'USER', there),
    viewerOf(own, 'ADMIN', here),
    viewerOf(other, 'USER'),
    viewerOf(boss, 'ADMIN'),
  ];
  records = await recordsOf(own, parseId(id).uuid);
  const never = () => Promise.reject(new Error('Nothing subscribes here.'));
  source = {
    database: await site.database(),
    live: { source: never, checkCursor: never },
    applied: { ofPerson: never },
    mostRead: Number.POSITIVE_INFINITY,
    cursors: new LiveCursors(createSecretKey(Buffer.alloc(32))),
  };
});

function viewerOf(accountId: string, role: Viewer['role'], sessionId: string = randomUUID()): Viewer {
  return { accountId, sessionId, role, issuedAt: new Date(0), expiresAt: new Date(0) };
}

const fieldOf: Record<string, string> = {
  quest_completed: 'questCompleted',
  quest_progressed: 'questProgressed',
  wallet_changed: 'walletChanged',
  notification_received: 'notificationReceived',
  post_changed: 'postChanged',
  collection_changed: 'collectionChanged',
};

/** The last live event of each topic for the person or their collection, by the root field that delivers it. */
async function recordsOf(accountId: string, collectionId: string): Promise<Map<string, LiveRecord>> {
  const rows = await site.sql<LiveRecord>(
    `select distinct on (topic) seq::int, topic, audience, payload, occurred_at as "occurredAt" from live_event
     where audience::text in ($1, $2) or (topic = 'post_changed' and payload ->> 'authorId' = $1)
     order by topic, seq desc`,
    accountId,
    collectionId,
  );
  return new Map(rows.map((row) => [fieldOf[row.topic] ?? '', row]));
}

interface Place {
  readonly type: GraphQLObjectType;
  /** The fields that lead there, from the subscription's root field on. */
  readonly path: readonly string[];
}

/**
 * Each object type reachable from an event of the root field, by the shortest path; connections are entered through
 * their nodes.
 */
function placesFrom(root: string): Place[] {
  const field = schema.getSubscriptionType()?.getFields()[root];
  if (field === undefined) throw new Error(`There is no ${root}.`);
  const places: Place[] = [];
  const found = new Set<GraphQLNamedType>();
  const visit = (type: GraphQLNamedType, path: readonly string[]) => {
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type))
        visit(possible, [...path, `... on ${possible.name}`]);
    }
    if (!isObjectType(type) || found.has(type)) return;
    found.add(type);
    places.push({ type, path });
  };
  visit(getNamedType(field.type), [
    callOf(
      root,
      field.args.filter(isRequiredArgument).map(({ name }) => name),
    ),
  ]);
  for (const { type, path } of places) {
    for (const { name, type: next, args } of Object.values(type.getFields())) {
      expect(args.filter(isRequiredArgument), `${type.name}.${name}`).toEqual([]);
      visit(getNamedType(next), [...path, name]);
    }
  }
  return places;
}

const callOf = (root: string, required: readonly string[]) =>
  required.length === 0
    ? root
    : `${root}(${required.map((name) => `${name}: "${toId('collection', nil)}"`)})`;
const nil = '00000000-0000-0000-0000-000000000000';

/** A subscription that selects one field of a place, and what identifies its objects. */
function documentOf({ path }: Place, selection: string): string {
  return `subscription { ${[...path, selection].join(' { ')} ${'}'.repeat(path.length + 1)}`;
}

function selectionOf(name: string, type: GraphQLNamedType): string {
  if (!isCompositeType(type)) return name;
  const leaves = isObjectType(type)
    ? Object.values(type.getFields()).filter((field) => !isCompositeType(getNamedType(field.type)))
    : [];
  const nodes = isObjectType(type) && 'nodes' in type.getFields() ? ['nodes { __typename id }'] : [];
  return `${name} { ${['__typename', ...leaves.map((leaf) => leaf.name), ...nodes].join(' ')} }`;
}

async function answer(document: string, record: LiveRecord, viewer: Viewer) {
  let looks = 0;
  const caller = {
    device: noDevice,
    get viewer() {
      looks++;
      return viewer;
    },
  };
  const contextValue = buildContext(source, caller);
  const result = await execute({ schema, document: parse(document), rootValue: record, contextValue });
  return { looks, text: JSON.stringify(result) };
}

const answers = (document: string, record: LiveRecord) =>
  Promise.all(viewers.map((viewer) => answer(document, record, viewer)));
const roots = Object.keys(schema.getSubscriptionType()?.getFields() ?? {});

test('an event’s field that does not look at the viewer is the same for all of them', async () => {
  expect([...records.keys()].toSorted()).toEqual(roots.toSorted());
  const looking = new Set<string>();
  let compared = 0;
  for (const [root, record] of records) {
    const [event, ...places] = placesFrom(root);
    if (event === undefined) throw new Error(`${root} leads nowhere.`);
    const bare = await answers(documentOf(event, 'cursor'), record);
    for (const place of [event, ...places]) {
      const way = await answers(documentOf(place, '__typename'), record);
      for (const [name, { type }] of Object.entries(place.type.getFields())) {
        const document = documentOf(place, selectionOf(name, getNamedType(type)));
        const own = await answers(document, record);
        if (own.some(({ looks }, index) => looks > (way[index]?.looks ?? 0))) {
          looking.add(`${place.type.name}.${name}`);
        }
        // A difference is fine if the root itself looked at the viewer: whose stream it is, and what they may hear of
        // it.
        if (own.some(({ looks }, index) => looks > (bare[index]?.looks ?? 0))) continue;
        expect(new Set(own.map(({ text }) => text)).size, document).toBe(1);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(50);
  expect([...looking].toSorted()).toEqual([
    'Collection.posts',
    'CollectionEvent.collection',
    'Notification.subject',
    'Post.collections',
    'Quest.viewerProgress',
    'User.collections',
  ]);
}, 60_000);
