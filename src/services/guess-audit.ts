import type { FailedGuess } from '../auth/credentials.ts';
import { groupOf } from '../auth/device.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';
import type { Logger } from '../logger.ts';
import { audit } from './audit.ts';
import { NoteBudget } from './note-budget.ts';

/**
 * Makes what notes the guesses of passwords that failed, each in a transaction of its own and with the same statements
 * for a login that is nobody's. Where that fails, the answer to the guess stays what it is, and the log has the failure.
 * What is more than the budget is counted by the next note of its address.
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
        // Who was deleted meanwhile has had the addresses around them forgotten.
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
