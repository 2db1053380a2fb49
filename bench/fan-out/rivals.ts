import { Redis } from 'ioredis';
import pg from 'pg';
import { everyone } from '../../src/pubsub/topics.ts';
import { ask } from '../graphql.ts';
import type { Bed, Served } from './bed.ts';

/** A server with subscribers, and a way to send them events. */
export interface Rival extends Served {
  readonly name: string;
  /** The URL that sockets connect to. */
  readonly socketUrl: string;
  /** The operations of the sockets; empty if connecting is enough. */
  readonly operations: readonly string[];
  readonly tokens: readonly string[];
  /** Publishes this many events at once. */
  publish(events: number): Promise<void>;
}

/** Makes each frame a little over 300 bytes. */
const body = 'x'.repeat(140);

/** All different, so that no execution is shared. */
export function differentOperations(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `subscription Operation${index} { postChanged { cursor action post { id title body author { username } } } }`,
  );
}

/** The answer depends on the viewer, although it looks the same for all. */
export const viewerDependent =
  'subscription { postChanged { cursor action post { id title body collections(first: 1) { nodes { id } } } } }';

export interface QuestlineOptions {
  readonly operations: readonly string[];
  /** How many people are signed in; 0 means nobody. */
  readonly people: number;
}

/** The built server. Another process writes the events, in the same way as the server's own services. */
export async function startQuestline(bed: Bed, { operations, people }: QuestlineOptions): Promise<Rival> {
  const served = await bed.serve('../../dist/server.js', {
    DATABASE_URL: bed.databaseUrl,
    REDIS_URL: bed.redisUrl,
    DATA_DIR: bed.folder,
    PORT: '0',
    LOG_LEVEL: 'warn',
    SEED_DEMO: 'false',
    LIMIT_SOCKETS_USER: '0',
    LIMIT_SOCKETS_ADDRESS: '0',
  });
  const pool = new pg.Pool({ connectionString: bed.databaseUrl, max: 1, allowExitOnIdle: true });
  pool.on('error', () => undefined);
  bed.defer(() => pool.end());
  const payload = await writePost(pool);
  return {
    ...served,
    name: 'Questline',
    socketUrl: `${served.url.replace('http', 'ws')}/graphql`,
    operations,
    tokens: await signUp(served.url, people),
    async publish(events) {
      await pool.query(
        `insert into live_event (topic, audience, payload)
         select 'post_changed', $1, $2 from generate_series(1, $3::int)`,
        [everyone, payload, events],
      );
      await pool.query(`select pg_notify('questline_live', '')`);
    },
  };
}

async function writePost(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ payload: string }>(
    `with author as (
       insert into account (username, email, display_name) values ($1, $1 || '@example.com', 'Bench') returning id
     ), written as (
       insert into post (author_id, title, body) select id, 'Post', $2 from author returning id, author_id
     )
     select json_build_object('action', 'UPDATED', 'postId', id, 'authorId', author_id)::text as payload from written`,
    [`bench${Date.now()}`, body],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('No post was written.');
  return row.payload;
}

async function signUp(url: string, people: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let person = 0; person < people; person++) {
    const username = `person${Date.now()}`;
    const input = { username, email: `${username}@example.com`, password: crypto.randomUUID() };
    const { signUp: signedUp } = await ask<{ signUp: { accessToken: string } }>(
      url,
      'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken userErrors { message } } }',
      { variables: { input } },
    );
    tokens.push(signedUp.accessToken);
  }
  return tokens;
}

/** The minimum: the same string is sent to each socket. */
export async function startBare(bed: Bed): Promise<Rival> {
  const served = await bed.serve('bare.ts', { REDIS_URL: bed.redisUrl });
  const message = (event: number) =>
    JSON.stringify({ id: crypto.randomUUID(), type: 'next', payload: { data: eventData(event) } });
  const publish = publisher(bed, 'bare', message);
  return { ...served, name: 'bare ws', socketUrl: served.url, operations: [], tokens: [], publish };
}

/** graphql-ws with graphql-redis-subscriptions, set up as documented. */
export async function startStock(bed: Bed): Promise<Rival> {
  const served = await bed.serve('stock.ts', { REDIS_URL: bed.redisUrl });
  const publish = publisher(bed, 'stock', (event) => JSON.stringify(eventData(event)));
  const operations = differentOperations(1);
  return { ...served, name: 'stock', socketUrl: served.url, operations, tokens: [], publish };
}

function publisher(bed: Bed, channel: string, message: (event: number) => string) {
  const redis = new Redis(bed.redisUrl);
  redis.on('error', () => undefined);
  bed.defer(() => redis.disconnect());
  return async (events: number) => {
    const pipeline = redis.pipeline();
    for (let event = 0; event < events; event++) pipeline.publish(channel, message(event));
    await pipeline.exec();
  };
}

function eventData(event: number) {
  const author = { username: 'bench1763733333333' };
  const post = { id: 'post_01jd2v6z0efx6r9q2n3k5m7p8s', title: `Post ${event}`, body, author };
  return { postChanged: { cursor: 'AAAAAAAAAAE', action: 'UPDATED', post } };
}
