import { columnsOf, type RowOf } from '../database/columns.ts';
import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { LiveEvent, type LivePosition } from '../entities/live-event.entity.ts';
import type { LiveSource } from './live-source.ts';
import type { LivePayloads, LiveRecord, Topic } from './topics.ts';

/** Events after the cursor have been removed: the stream can't be resumed there. */
export class CursorExpired extends Error {
  override readonly name = 'CursorExpired';
  constructor() {
    super('Events after this cursor have been removed.');
  }
}

/** Most records of a page. */
export const pageSize = 500;

const columns = columnsOf(LiveEvent, null, ['seq', 'topic', 'audience', 'payload', 'occurredAt']);

/** There is at least one row, because `expiredSeq` has to come from the same snapshot as the records. */
interface ReplayRow extends RowOf<typeof columns>, Pick<LivePosition, 'expiredSeq'> {
  readonly topic: Topic;
  readonly payload: LivePayloads[Topic];
}

/** A row of one audience, with what says where its page ends. */
interface AudienceRow extends ReplayRow {
  /** How many events of the audience were scanned, and the seq of the last of them. */
  readonly scanned: number;
  readonly last: number | null;
}

const ofTopic = statement<ReplayRow>(
  'replay.topic',
  `select live_position.expired_seq as "expiredSeq", event.* from live_position left join lateral (
     select ${columns.sql} from live_event where topic = $1 and seq > $2 order by seq limit ${pageSize}
   ) as event on true
   where live_position.topic = '*' order by event.seq`,
);

/** Scans the first $6 events of the audience, and gives the first $7 that contain one of $5; if $5 is null, of all. */
const ofAudience = statement<AudienceRow>(
  'replay.audience',
  `with scanned as materialized (
     select ${columns.sql} from live_event
     where topic = $1 and seq > $2 and audience = $3 and seq <= $4 order by seq limit $6
   )
   select live_position.expired_seq as "expiredSeq", event.*,
     (select count(*) from scanned) as scanned, (select max(seq) from scanned) as last
   from live_position left join lateral (
     select * from scanned where $5::jsonb[] is null or payload @> any($5::jsonb[]) order by seq limit $7
   ) as event on true
   where live_position.topic = '*' order by event.seq`,
);

/** Most events that are scanned for a page, if the operation asks for few of them. */
const mostScanned = 5_000;

/**
 * The next records of a topic, in order, at most a page.
 * @throws CursorExpired if some events after `after` are gone
 */
export async function replayTopic(db: Db, topic: Topic, after: number): Promise<LiveRecord[]> {
  return recordsOf(await db.query(ofTopic, [topic, after]), after);
}

/** The next events, and the seq up to which there are no others. */
export interface ReplayPage {
  readonly records: readonly LiveRecord[];
  readonly end: number;
}

export interface ReplayRange {
  readonly after: number;
  readonly until: number;
  /** Most records of the page. */
  readonly most: number;
}

/**
 * The next records that a source may give, in order, at most a page. There are fewer if many others lie between them.
 * @throws CursorExpired if some events after `after` are gone
 */
export async function replayAudience(
  db: Db,
  { topic, audience, contents }: Pick<LiveSource, 'topic' | 'audience' | 'contents'>,
  { after, until, most }: ReplayRange,
): Promise<ReplayPage> {
  const wanted = contents?.map((content) => JSON.stringify(content)) ?? null;
  const scan = wanted === null ? most : Math.max(most, mostScanned);
  const rows = await db.query(ofAudience, [topic, after, audience, until, wanted, scan, most]);
  const records = recordsOf(rows, after);
  if (records.length === most) return { records, end: records.at(-1)?.seq ?? until };
  const [row] = rows;
  const isWhole = row === undefined || row.scanned < scan;
  return { records, end: isWhole ? until : (row.last ?? until) };
}

function recordsOf(rows: readonly ReplayRow[], after: number): LiveRecord[] {
  if ((rows[0]?.expiredSeq ?? 0) > after) throw new CursorExpired();
  return rows.flatMap(({ seq, topic, audience, payload, occurredAt }) =>
    seq === null ? [] : [{ seq, topic, audience, payload, occurredAt }],
  );
}
