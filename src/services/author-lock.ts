import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { ApiError } from './api-error.ts';

/**
 * Holds an account as it is until the transaction ends, so that nothing is made for one that is being deleted.
 * @throws ApiError UNAUTHENTICATED where it is deleted by now
 */
export async function holdAuthor(tx: Transaction, accountId: string): Promise<void> {
  const held = await tx.query(holdAccount, [accountId]);
  if (held.length === 0) throw new ApiError('UNAUTHENTICATED', 'Sign in first.');
}

const holdAccount = statement(
  'account.hold',
  'select from account where id = $1 and deleted_at is null for share',
);
