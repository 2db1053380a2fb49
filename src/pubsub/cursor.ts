import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';

/**
 * AHEAD: the stream has not come there, so the cursor is none of ours. EXPIRED: what follows it is no longer
 * kept.
 */
export type CursorState = 'OK' | 'AHEAD' | 'EXPIRED';

const readPosition = statement<{ seq: number }>(
  'cursor.position',
  `select seq from live_position where topic = '*'`,
);

const readStates = statement<{ ahead: boolean; expired: boolean }>(
  'cursor.states',
  `select asked.seq > live_position.seq as ahead, asked.seq < expired_seq or exists (
     select from live_event where seq = asked.seq + 1 and occurred_at < now() - $2::float8 * interval '1 ms'
   ) as expired
   from unnest($1::int8[]) with ordinality as asked (seq, place), live_position
   where topic = '*' order by place`,
);

/**
 * Where the stream stands now. An event that has committed and is not numbered yet gets a later seq, so that
 * a list read after this and the stream after it may overlap, but leave no gap.
 */
export async function currentSeq(db: Db): Promise<number> {
  const [row] = await db.query(readPosition);
  if (!row) throw new Error('live_position has lost its row.');
  return row.seq;
}

/**
 * Whether the stream can be resumed after each of these. Seqs have no gaps: the event that follows is the next one.
 * @returns a state for each, in their order
 */
export async function checkCursors(
  db: Db,
  seqs: readonly number[],
  retentionMs: number,
): Promise<readonly CursorState[]> {
  const rows = await db.query(readStates, [seqs, retentionMs]);
  if (rows.length !== seqs.length) throw new Error('live_position has lost its row.');
  return rows.map(({ ahead, expired }) => (ahead ? 'AHEAD' : expired ? 'EXPIRED' : 'OK'));
}

/** Whether it can be the position of any stream. */
export function isSeq(seq: number): boolean {
  return Number.isSafeInteger(seq) && seq >= 0;
}
