import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import { holdAccount } from './account-locks.ts';
import type { ClaimedCompletion, Payout } from './payout.ts';

export interface Claim {
  readonly completionId: string;
  /** The owner's account; their wallet has the same id. */
  readonly accountId: string;
  /** True if an earlier claim has paid; then the entries are from that claim. */
  readonly alreadyClaimed: boolean;
  readonly entryIds: readonly string[];
}

export interface CompletionServiceOptions {
  readonly database: Database;
  readonly payout: Payout;
}

/** What people do with their completions. */
export class CompletionService {
  readonly #options: CompletionServiceOptions;

  constructor(options: CompletionServiceOptions) {
    this.#options = options;
  }

  /**
   * Claims the rewards of one of the viewer's completions, once. A claim of one without rewards has no entries.
   * @param completionId null if the given id is not a completion's
   * @returns NOT_FOUND if the viewer has no such completion, NOT_AVAILABLE if the wallet cannot hold more
   */
  claimReward(
    { accountId }: Pick<Viewer, 'accountId'>,
    completionId: string | null,
  ): Promise<Claim | Refusal> {
    return transaction(this.#options.database, (tx) => this.#claim(tx, accountId, completionId));
  }

  async #claim(tx: Transaction, accountId: string, completionId: string | null): Promise<Claim | Refusal> {
    await holdAccount(tx, { accountId });
    const [claimed] = await tx.query(claimCompletion, [completionId, accountId]);
    if (claimed === undefined) return earlierClaim(tx, accountId, completionId);
    const paid = await this.#options.payout.pay(tx, [claimed]);
    if (paid instanceof Refusal) return paid;
    const entryIds = paid.map(({ entryId }) => entryId);
    return { completionId: claimed.completionId, accountId, alreadyClaimed: false, entryIds };
  }
}

async function earlierClaim(
  tx: Transaction,
  accountId: string,
  completionId: string | null,
): Promise<Claim | Refusal> {
  const [claim] = await tx.query(readClaim, [completionId, accountId]);
  return claim ?? refuse('NOT_FOUND', 'You have no such completion.', ['completionId']);
}

// Concurrent claims wait here for the first, and then find the completion claimed.
const claimCompletion = statement<ClaimedCompletion>(
  'completion.claim',
  `update quest_completion as completion set claimed_at = now() from quest
  where completion.id = $1 and completion.account_id = $2 and claimed_at is null and quest.id = quest_id
  returning completion.id as "completionId", account_id as "accountId", quest_id as "questId",
    quest.name as "questName", quest.event_type as "questEventType", gold, diamond`,
);

const readClaim = statement<Claim>(
  'completion.read_claim',
  `select id as "completionId", account_id as "accountId", true as "alreadyClaimed",
    array(
      select entry.id from ledger_entry as entry
      where entry.source_id = completion.id and entry.reason = 'QUEST_REWARD' and entry.wallet_id = account_id
      order by position
    ) as "entryIds"
  from quest_completion as completion where id = $1 and account_id = $2`,
);
