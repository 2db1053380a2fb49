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

const readState = statement<{ ahead: boolean; expired: boolean }>(
  'cursor.state',
  `select $1 > seq as ahead, $1 < expired_seq or exists (
     select from live_event where seq = $1 + 1 and occurred_at < now() - $2::float8 * interval '1 ms'
   ) as expired
   from live_position where topic = '*'`,
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
 * Whether the stream can be resumed after `seq`. Seqs have no gaps: the event that follows is the next one.
 */
export async function checkCursor(db: Db, seq: number, retentionMs: number): Promise<CursorState> {
  if (!Number.isSafeInteger(seq) || seq < 0) return 'AHEAD';
  const [row] = await db.query(readState, [seq, retentionMs]);
  if (!row) throw new Error('live_position has lost its row.');
  if (row.ahead) return 'AHEAD';
  return row.expired ? 'EXPIRED' : 'OK';
}
