import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  LiveCursorDocument,
  PostChangedDocument,
  PostChangedInCollectionsDocument,
} from '../generated/operations.ts';
import { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { extent } from '../kit/extent.ts';
import { type OwnRedis, startOwnRedis } from '../kit/own-redis.ts';
import { type Person, Seed } from '../kit/seed.ts';
import { createSite, type Site } from '../kit/site.ts';
import { Audience, committedEvents, type Interest } from './audience.ts';
import { Instance } from './fleet.ts';
import { Writer } from './writer.ts';

const seconds = extent({ short: 25, long: 60 });
const writerCount = 50;
const subscriberCount = 200;
/** The pause between two posts of a writer, in ms: 2 cores have to serve everybody. */
const pace = 1_500;

test('whatever is killed, every subscriber ends with exactly the committed events, each once, in order', async () => {
  const redis = await startOwnRedis();
  const site = await createSite();
  const start = () => Instance.start(site, { REDIS_URL: redis.url, LOG_LEVEL: 'fatal' });
  const instances = await Promise.all([start(), start()]);
  const anyone = () => pick(instances).url;
  const nobody = new Client(anyone());
  const seed = new Seed(nobody, site);
  const people = await Promise.all(Array.from({ length: writerCount }, () => seed.user()));
  const { liveCursor } = await nobody.run(LiveCursorDocument);

  const audience = new Audience(anyone);
  for (let index = 0; index < subscriberCount; index++) audience.join(interestOf(index, people), liveCursor);
  await eventually(() => audience.size === subscriberCount);
  const writers = people.map((person) => new Writer(person, anyone));
  const until = Date.now() + seconds * 1_000;
  await Promise.all([
    ...writers.map((writer) => write(writer, until)),
    cutAtRandom(audience, until),
    wreak(instances, redis, site),
  ]);
  // The last events of each author come after all failures.
  await Promise.all(writers.map((writer) => writer.turn()));
  await site.settled();

  const committed = await committedEvents(site);
  expect(audience.ends).toEqual([]);
  expect(await audience.shortcomings(committed)).toEqual([]);
  expect(writers.flatMap(({ failures }) => failures)).toEqual([]);
  expect(instances.map(({ running }) => running)).toEqual([true, true]);
  expect(committed.length).toBeGreaterThan((writerCount * seconds) / 10);
}, 240_000);

/** Five subscriptions for the same events; the last depends on the viewer. */
function interestOf(index: number, people: readonly Person[]): Interest {
  const author = people[index % people.length] ?? pick(people);
  const authorId = parseId(author.id).uuid;
  const ways: readonly Interest[] = [
    { document: PostChangedDocument, wants: () => true },
    { document: cursorsAlone, wants: () => true },
    {
      document: PostChangedDocument,
      variables: { actions: ['DELETED'] },
      person: author,
      wants: ({ action }) => action === 'DELETED',
    },
    {
      document: PostChangedDocument,
      variables: { authorId: author.id },
      wants: (event) => event.authorId === authorId,
    },
    {
      document: PostChangedInCollectionsDocument,
      variables: { authorId: author.id },
      person: author,
      wants: (event) => event.authorId === authorId,
    },
  ];
  return pick(ways, index);
}

const cursorsAlone = parse(
  'subscription ($after: LiveCursor) { postChanged(after: $after) { cursor action postId } }',
);

async function write(writer: Writer, until: number): Promise<void> {
  while (Date.now() < until) {
    await delay(Math.random() * pace);
    await writer.turn();
  }
}

async function cutAtRandom(audience: Audience, until: number): Promise<void> {
  while (Date.now() < until) {
    audience.cut(2);
    await delay(100);
  }
}

/** The failures of the run, timed in tenths of it. */
async function wreak([first]: readonly Instance[], redis: OwnRedis, site: Site): Promise<void> {
  const tenth = () => delay(seconds * 100);
  await tenth();
  await redis.stop();
  await tenth();
  await redis.restart();
  await tenth();
  await first?.kill();
  await tenth();
  await first?.restart();
  await tenth();
  await Promise.all([cutDatabase(site), tenth()]);
  await redis.stop();
  await tenth();
  await redis.restart();
}

/** For one second, all connections to the database are cut. */
async function cutDatabase({ sql }: Site): Promise<void> {
  for (let cut = 0; cut < 20; cut++) {
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await delay(50);
  }
}

function pick<T>(items: readonly T[], index = Math.floor(Math.random() * items.length)): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}
