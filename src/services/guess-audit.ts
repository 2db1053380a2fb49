import type { FailedGuess } from '../auth/credentials.ts';
import { groupOf } from '../auth/device.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';
import type { Logger } from '../logger.ts';
import { audit } from './audit.ts';
import { NoteBudget } from './note-budget.ts';

/**
 * Creates a function that notes failed guesses of passwords, each in its own transaction, with the same statements for
 * a login that does not exist. If that fails, the answer to the guess stays the same, and the failure is logged.
 * Guesses beyond the budget are counted in the next note of their address.
 */
export function guessAudit(
  database: Database,
  log: Logger,
  budget = new NoteBudget(),
): (guess: FailedGuess) => Promise<void> {
  return async (guess) => {
    const leftOut = budget.spend(groupOf(guess.device) ?? 'unknown');
    if (leftOut === null) return;
    try {
      await transaction(database, async (tx) => {
        const [standing] = await tx.query(holdSubject, [guess.subjectId]);
        // If the account was deleted meanwhile, its addresses were deleted too: this one must not be stored.
        const forgotten = guess.subjectId !== null && standing === undefined;
        const detail = leftOut > 0 ? { detail: { leftOut } } : {};
        await audit(tx, { ...guess, ...detail, device: forgotten ? null : guess.device });
      });
    } catch (error) {
      log.error({ err: error, action: guess.action }, 'a wrong password was not recorded in the audit');
    }
  };
}

const holdSubject = statement(
  'guess_audit.hold_subject',
  'select from account where id = $1 and deleted_at is null for key share',
);
