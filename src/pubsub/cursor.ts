import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';

/**
 * AHEAD: the stream has not got that far, so the cursor is not from this stream. EXPIRED: events after it are no longer
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
 * The seq that the stream has reached. An event that has committed but is not numbered yet gets a later seq. So a list
 * that is read after this call and the stream that begins here may overlap, but leave no gap.
 */
export async function currentSeq(db: Db): Promise<number> {
  const [row] = await db.query(readPosition);
  if (!row) throw new Error('live_position has lost its row.');
  return row.seq;
}

/**
 * Checks whether the stream can be resumed after each of these seqs. Seqs have no gaps: the next event has the next
 * one.
 * @returns a state for each, in the same order
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

/** Whether the number can be a position in any stream. */
export function isSeq(seq: number): boolean {
  return Number.isSafeInteger(seq) && seq >= 0;
}
