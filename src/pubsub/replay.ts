import type { Db } from '../database/database.ts';
import { type Statement, statement } from '../database/statement.ts';
import type { LivePayloads, LiveRecord, Topic } from './topics.ts';

/** Events after the cursor have been removed: the stream can't be resumed there. */
export class CursorExpired extends Error {
  override readonly name = 'CursorExpired';
  constructor() {
    super('Events after this cursor have been removed.');
  }
}

/** The most records of one page. */
export const pageSize = 500;

/** One row at least, for `expiredSeq` has to be of the same snapshot as the records. */
interface ReplayRow {
  readonly expiredSeq: number;
  readonly seq: number | null;
  readonly topic: Topic;
  readonly audience: string;
  readonly payload: LivePayloads[Topic];
  readonly occurredAt: Date;
}

function page(name: string, condition: string): Statement<ReplayRow> {
  return statement(
    name,
    `select live_position.expired_seq as "expiredSeq", event.* from live_position left join lateral (
       select seq, topic, audience, payload, occurred_at as "occurredAt" from live_event
       where ${condition} order by seq limit ${pageSize}
     ) as event on true
     where live_position.topic = '*' order by event.seq`,
  );
}

const ofTopic = page('replay.topic', 'topic = $1 and seq > $2');
const ofAudience = page('replay.audience', 'topic = $1 and seq > $2 and audience = $3 and seq <= $4');

/**
 * The next records of a topic, in order, a page at most.
 * @throws CursorExpired where some after `after` are gone.
 */
export async function replayTopic(db: Db, topic: Topic, after: number): Promise<LiveRecord[]> {
  return recordsOf(await db.query(ofTopic, [topic, after]), after);
}

/**
 * The next records of one audience up to `until`, in order, a page at most.
 * @throws CursorExpired where some after `after` are gone.
 */
export async function replayAudience(
  db: Db,
  topic: Topic,
  audience: string,
  { after, until }: { after: number; until: number },
): Promise<LiveRecord[]> {
  return recordsOf(await db.query(ofAudience, [topic, after, audience, until]), after);
}

function recordsOf(rows: readonly ReplayRow[], after: number): LiveRecord[] {
  if ((rows[0]?.expiredSeq ?? 0) > after) throw new CursorExpired();
  return rows.flatMap(({ seq, topic, audience, payload, occurredAt }) =>
    seq === null ? [] : [{ seq, topic, audience, payload, occurredAt }],
  );
}
