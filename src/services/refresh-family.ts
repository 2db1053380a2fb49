import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { RefreshToken } from '../entities/session.entity.ts';

// A session's refresh tokens form a chain: each is valid once, and names its successor.

const refreshed = [{ id: 'id' }, { issuedAt: 'createdAt' }, 'expiresAt'] as const;

export const refreshColumns = columnsOf(RefreshToken, null, refreshed);
const successorColumns = columnsOf(RefreshToken, 'successor', refreshed);

export type RefreshRow = RowOf<typeof refreshColumns>;

/** A token to use up, and the lifetime of its successor. */
export interface RefreshUse extends RefreshRow {
  readonly sessionId: string;
}

/**
 * Uses a token up and returns its successor. If it was used before, returns the same successor for 30 s, while that is
 * unused.
 * @returns undefined if the token is no longer valid
 */
export async function successorOf(
  tx: Transaction,
  { id, sessionId, issuedAt, expiresAt }: RefreshUse,
): Promise<RefreshRow | undefined> {
  const [fresh] = await tx.query(useRefreshToken, [id, sessionId, issuedAt, expiresAt]);
  if (fresh !== undefined) return fresh;
  const [unused] = await tx.query(unusedSuccessor, [id, sessionId]);
  return unused;
}

/** Only the first of concurrent requests finds the token unused. */
const useRefreshToken = statement<RefreshRow>(
  'refresh_token.use',
  `with used as (
    update refresh_token set used_at = now(), successor_id = uuidv7()
    where id = $1 and session_id = $2 and used_at is null returning successor_id
  )
  insert into refresh_token (id, session_id, created_at, expires_at) select successor_id, $2, $3, $4 from used
  returning ${refreshColumns.sql}`,
);

const unusedSuccessor = statement<RefreshRow>(
  'refresh_token.unused_successor',
  `select ${successorColumns.sql}
  from refresh_token used join refresh_token successor on successor.id = used.successor_id
  where used.id = $1 and used.session_id = $2 and used.used_at > now() - interval '30 seconds'
    and successor.used_at is null`,
);
