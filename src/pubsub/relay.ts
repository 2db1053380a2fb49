import type { Logger } from 'pino';
import { BackgroundLoop } from '../database/background-loop.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';
import type { LiveEvent } from '../entities/live-event.entity.ts';
import type { LiveMessage, MessageBus } from './message-bus.ts';
import { takeRelayLock } from './relay-lock.ts';
import { Retention } from './retention.ts';
import type { LivePayloads, Topic } from './topics.ts';

export interface RelayOptions {
  readonly database: Database;
  readonly bus: MessageBus;
  readonly log: Logger;
  /** How often it runs if nobody wakes it, in ms: the longest delay of an event whose wake was lost. */
  readonly pollMs: number;
  /** How long events are kept, in ms. */
  readonly retentionMs: number;
}

/** The events that have committed but were not sent yet. */
export interface RelayLag {
  /** At most 10,000. */
  readonly rows: number;
  /** The age of the oldest, in ms; 0 if there is none. */
  readonly oldestMs: number;
}

interface SentRow extends Readonly<Pick<LiveEvent, 'audience' | 'occurredAt'>> {
  readonly seq: number;
  readonly previous: number;
  readonly topic: Topic;
  readonly payload: LivePayloads[Topic];
}

const batchSize = 1_000;

/** Most commits that are read for a batch. Commits whose events another release has numbered have none left. */
const mostCommits = 100_000;

/**
 * Gives committed rows the next seqs, in the order of the positions that their transactions drew, and moves the
 * positions of the topics. A snapshot that contains a commit also contains each commit that was acknowledged before
 * that one was sent, under a lower position. So none is overtaken, within a batch or between two. The limit in the join
 * keeps PostgreSQL from joining the other way round.
 */
const send = statement<SentRow>(
  'relay.send',
  `with found as materialized (
     select event.id, topic, position
     from (select position, xid from live_commit order by position limit ${mostCommits}) as head cross join lateral (
       select id, topic from live_event where xid = head.xid and seq is null order by id limit ${batchSize}
     ) as event
     order by position, event.id limit ${batchSize}
   ), forgotten as (
     delete from live_commit where position <= (
       select case count(*) when ${batchSize} then max(position) - 1 else (
         select max(position) from (select position from live_commit order by position limit ${mostCommits}) as head
       ) end from found
     )
   ), batch as materialized (
     select id, topic, row_number() over (order by min(position), id) as place from found group by id, topic
   ), whole as (
     update live_position set seq = seq + (select count(*) from batch)
     where topic = '*' and exists (select from batch)
     returning old.seq as base
   ), numbered as materialized (
     select batch.id, batch.topic, whole.base + batch.place as seq from batch, whole
   ), moved as (
     insert into live_position (topic, seq) select topic, max(seq) from numbered group by topic
     on conflict (topic) do update set seq = excluded.seq
     returning topic, coalesce(old.seq, 0) as previous
   ), sent as (
     update live_event set seq = numbered.seq from numbered
     where live_event.id = numbered.id and live_event.seq is null
     returning live_event.seq, live_event.topic, live_event.audience, live_event.payload, live_event.occurred_at
   )
   select sent.seq, sent.topic, sent.audience, sent.payload, sent.occurred_at as "occurredAt",
     coalesce(lag(sent.seq) over (partition by sent.topic order by sent.seq), moved.previous) as previous
   from sent join moved using (topic) order by sent.seq`,
);

const readLag = statement<RelayLag>(
  'relay.lag',
  `select count(*) as rows,
     coalesce(greatest(0, extract(epoch from clock_timestamp() - min(occurred_at)) * 1000), 0)::float8 as "oldestMs"
   from (select occurred_at from live_event where seq is null order by xid, id limit 10000) as unsent`,
);

/**
 * Numbers committed events, sends them on, and removes the old ones. It runs in every process; one process at a time
 * does the work.
 */
export class Relay {
  readonly #work: BackgroundLoop;
  readonly #retention: Retention;
  readonly #options: RelayOptions;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { database, retentionMs, pollMs, log } = options;
    this.#retention = new Retention(database, retentionMs);
    this.#work = new BackgroundLoop({
      name: 'the relay of live events',
      everyMs: pollMs,
      log,
      step: () => this.#step(),
    });
  }

  wake(): void {
    this.#work.wake();
  }

  lag(): Promise<RelayLag> {
    return this.#options.database.query(readLag).then(([row]) => row ?? { rows: 0, oldestMs: 0 });
  }

  close(): Promise<void> {
    return this.#work.close();
  }

  /**
   * If another process has the lock, this one does nothing: the NOTIFY that follows each commit reaches the other
   * process, which runs again after its batch.
   */
  async #step(): Promise<boolean> {
    if (await this.#sendBatch()) return true;
    return this.#retention.step();
  }

  async #sendBatch(): Promise<boolean> {
    const { database, bus, log } = this.#options;
    const rows = await transaction(database, async (tx) => ((await takeRelayLock(tx)) ? tx.query(send) : []));
    if (rows.length === 0) return false;
    // Not awaited: a slow bus must not hold up the numbering. Processes that miss a batch read it from PostgreSQL.
    bus.publish(batchOf(rows)).catch((error: Error) => {
      // Without the error itself, which may contain the batch.
      log.debug({ reason: error.message }, 'a batch of live events was not sent');
    });
    return rows.length === batchSize;
  }
}

function batchOf(rows: readonly SentRow[]): Map<Topic, LiveMessage[]> {
  const batch = new Map<Topic, LiveMessage[]>();
  for (const { seq, previous, topic, audience, payload, occurredAt } of rows) {
    const message: LiveMessage = [seq, previous, audience, payload, occurredAt.getTime()];
    const messages = batch.get(topic);
    if (messages) messages.push(message);
    else batch.set(topic, [message]);
  }
  return batch;
}
