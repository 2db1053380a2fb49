import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { idOf } from '../src/domain/ids.ts';
import { everyone } from '../src/pubsub/topics.ts';
import { type Commit, overtaking } from '../test/kit/overtaking.ts';
import { type Bed, makeBed, newcomer } from './bed.ts';
import { figuresOf, table } from './figures.ts';
import { ask, type Subscription, subscribe } from './graphql.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

interface Load {
  readonly events: number;
  readonly writers: number;
  /** How long a transaction waits between its event and its COMMIT, in ms. */
  readonly shortest: number;
  readonly longest: number;
}

interface Changed {
  readonly postChanged: { readonly postId: string; readonly cursor: string };
}

const insert = `insert into live_event (topic, audience, payload)
  values ('post_changed', '${everyone}', jsonb_build_object('action', 'DELETED', 'postId', $1::uuid, 'authorId', $2::uuid))`;
/** How long a server waits after a commit before it signals the others, in ms. */
const notifyEveryMs = 10;

/**
 * `npm run bench -- order`: whether live events arrive in commit order, and how many are committed per
 * second. Writers write one event in each transaction, all to one topic; two servers relay, and one client
 * listens.
 */
export async function run(args: readonly string[]): Promise<void> {
  const load = wholeNumbers(args, { events: 20_000, writers: 50, shortest: 0, longest: 20 });
  console.log(
    `${machine()}; ${load.events} events, ${load.writers} writers, ` +
      `transactions of ${load.shortest} to ${load.longest} ms\n`,
  );
  await using bed = await makeBed();
  const [{ url }] = [await bed.serve(), await bed.serve()];
  const { token } = await newcomer(url, 'listener');
  const { liveCursor } = await ask<{ liveCursor: string }>(url, '{ liveCursor }');
  const changes = await subscribe<Changed>(url, token, {
    query:
      'subscription ($after: LiveCursor) { postChanged(actions: [DELETED], after: $after) { postId cursor } }',
    variables: { after: liveCursor },
  });
  const [{ commits, seconds }, came] = await Promise.all([write(bed, load), arrivals(changes, load.events)]);
  changes.close();
  report(commits, came, seconds);
}

function report(commits: ReadonlyMap<string, Commit>, came: ReadonlyMap<string, number>, seconds: number) {
  const inOrder = [...came.keys()].flatMap((id) => commits.get(id) ?? []);
  const overtakers = overtaking(inOrder);
  const delays = [...came].map(([id, at]) => at - (commits.get(id)?.acknowledgedAt ?? at));
  console.log(`  ${(commits.size / seconds).toFixed(0)} commits a second\n`);
  console.log(`${table({ 'from its acknowledgement to the socket, ms': figuresOf(delays) })}\n`);
  console.log(
    `  ${inOrder.length} of ${commits.size} came once; ` +
      `${overtakers.length} came before one that had been acknowledged before their COMMIT was sent`,
  );
  if (overtakers.length > 0 || inOrder.length < commits.size) process.exitCode = 1;
}

/** When each event arrived, by its UUID, in order of arrival. */
async function arrivals(changes: Subscription<Changed>, events: number): Promise<Map<string, number>> {
  const came = new Map<string, number>();
  while (came.size < events) {
    const { data, at } = await changes.next();
    const id = idOf('post', data.postChanged.postId);
    if (id === null || came.has(id)) throw new Error(`The event of ${data.postChanged.postId} came twice.`);
    came.set(id, at);
  }
  return came;
}

async function write(
  bed: Bed,
  load: Load,
): Promise<{ commits: ReadonlyMap<string, Commit>; seconds: number }> {
  const commits = new Map<string, Commit>();
  const clients = await Promise.all(Array.from({ length: load.writers }, () => connect(bed)));
  // If one fails, the next one makes up for it.
  const notify = () => void bed.sql(`select pg_notify('questline_live', '')`).catch(() => undefined);
  const notifying = setInterval(notify, notifyEveryMs);
  const author = randomUUID();
  let left = load.events;
  const begun = performance.now();
  try {
    await Promise.all(
      clients.map(async (client) => {
        while (left-- > 0) {
          const id = randomUUID();
          commits.set(id, await commit(client, id, author, load));
        }
      }),
    );
    return { commits, seconds: (performance.now() - begun) / 1_000 };
  } finally {
    clearInterval(notifying);
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function connect({ databaseUrl }: Bed): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // If the connection is lost, the next query reports it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function commit(client: pg.Client, id: string, author: string, load: Load): Promise<Commit> {
  await client.query('begin');
  await client.query({ name: 'insert', text: insert, values: [id, author] });
  await pause(load.shortest + Math.random() * (load.longest - load.shortest));
  const sentAt = performance.now();
  await client.query('commit');
  return { sentAt, acknowledgedAt: performance.now() };
}
