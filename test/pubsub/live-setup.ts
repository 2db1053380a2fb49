import { randomUUID } from 'node:crypto';
import { Entity, PrimaryKey } from '@mikro-orm/decorators/legacy';
import pino, { type Logger } from 'pino';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { openSignals, type Signals } from '../../src/database/signals.ts';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { createPubSub, type PubSub, type PubSubOptions } from '../../src/pubsub/pubsub.ts';
import type { Subscriber } from '../../src/pubsub/subscriber.ts';
import type { LiveRecord, Topic } from '../../src/pubsub/topics.ts';
import { openStream } from './stream.ts';

/** MikroORM requires at least one entity, though live events need none. */
@Entity({ tableName: 'live_probe' })
class Probe {
  @PrimaryKey({ type: 'uuid' })
  id!: string;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

/** A logger that records its lines. */
export function recordingLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

/** The part of a Questline process that handles live events. */
export interface Instance extends AsyncDisposable {
  readonly database: Database;
  readonly signals: Signals;
  readonly pubsub: PubSub;
  readonly hub: Hub<Subscriber>;
  readonly lines: LogLine[];
  /** The names of the statements sent. */
  readonly statements: string[];
}

export type InstanceOptions = Partial<Omit<PubSubOptions, 'database' | 'signals' | 'log'>>;

const weekMs = 7 * 86_400_000;

export async function openInstance(url: string, options: InstanceOptions = {}): Promise<Instance> {
  const { log, lines } = recordingLog();
  const statements: string[] = [];
  const database = await openDatabase({
    url,
    entities: [Probe],
    log,
    poolSize: 8,
    onStatement: (name) => void statements.push(name),
  });
  const signals = openSignals({ database, log });
  const pubsub = await createPubSub({ database, signals, log, retentionMs: weekMs, ...options });
  const hub = new Hub({ database, feed: pubsub.feed, log });
  return {
    database,
    signals,
    pubsub,
    hub,
    lines,
    statements,
    async [Symbol.asyncDispose]() {
      await pubsub.close();
      await signals.close();
      await database.close();
    },
  };
}

/** Commits one completion for each id, in one transaction. */
export async function complete(
  { database, pubsub }: Instance,
  audience: string,
  ...ids: string[]
): Promise<void> {
  await transaction(database, async (tx) => {
    for (const completionId of ids) pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId });
  });
}

export function newIds(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

const readStream = statement<{ completionId: string }>(
  'test.stream',
  `select payload->>'completionId' as "completionId" from live_event
   where topic = 'quest_completed' and audience = $1 order by seq`,
);

/** The completions of an audience in PostgreSQL, in the order of the stream. */
export async function committedIds(database: Database, audience: string): Promise<string[]> {
  return (await database.query(readStream, [audience])).map(({ completionId }) => completionId);
}

/** Opens a stream of completions. */
export function completions(instance: Instance, audience: string, after?: number, room?: number) {
  return openStream(instance, { topic: 'quest_completed', audience, after }, room);
}

/** Reads on until `count` records have come; the test's timeout is its limit. */
export async function take<T extends Topic>(
  stream: AsyncIterator<LiveRecord<T>>,
  count: number,
): Promise<LiveRecord<T>[]> {
  const records: LiveRecord<T>[] = [];
  while (records.length < count) {
    const { done, value } = await stream.next();
    if (done) throw new Error(`The stream ended after ${records.length} of ${count} records.`);
    records.push(value);
  }
  return records;
}

export function idsOf(records: readonly LiveRecord<'quest_completed'>[]): string[] {
  return records.map(({ payload }) => payload.completionId);
}

/** Repeats `probe` until it holds; the test's timeout is its limit. */
export async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 10));
}
