import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Currency } from '../domain/money.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { LedgerEntry, LedgerReason } from '../entities/ledger-entry.entity.ts';
import type { Outbox } from '../pubsub/outbox.ts';

/** The system wallets: each movement of a person's wallet has its opposite in one of these. */
export const systemWallets = {
  rewards: '00000000-0000-7000-8000-000000000001',
  sales: '00000000-0000-7000-8000-000000000002',
  adjustments: '00000000-0000-7000-8000-000000000003',
} as const;

/** An amount that moves between a person's wallet and a system wallet. */
export interface Movement {
  readonly accountId: string;
  /** The system wallet on the other side. */
  readonly against: string;
  readonly currency: Currency;
  /** Positive if the person gets it, negative if it is taken from them. */
  readonly amount: number;
  readonly reason: LedgerReason;
  /** The cause: a completion, a purchase, an adjustment's own id, or the entry reversed. */
  readonly sourceId: string;
  readonly note: string | null;
}

/** A person's entry that was written. */
export interface Posting extends Readonly<Pick<LedgerEntry, 'sourceId' | 'currency' | 'amount'>> {
  readonly entryId: string;
  readonly accountId: string;
  readonly balanceAfter: number;
}

/** The append-only ledger. It moves amounts between wallets, always with an entry on both sides. */
export class Ledger {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Posts all of these movements or none, in this order, and publishes each person's entry.
   * @returns INSUFFICIENT_FUNDS if a balance would fall below 0, NOT_AVAILABLE if one would exceed 2^53 - 1; then
   *   nothing was written
   * @throws Error if a wallet does not exist; the driver's error if a cause has its entries already
   */
  async post(tx: Transaction, movements: readonly Movement[]): Promise<readonly Posting[] | Refusal> {
    if (movements.length === 0) return [];
    const accountIds = movements.map(({ accountId }) => accountId);
    await tx.query(lockWallets, [accountIds]);
    const rows = await tx.query(postMovements, [
      accountIds,
      movements.map(({ against }) => against),
      movements.map(({ currency }) => currency),
      movements.map(({ amount }) => amount),
      movements.map(({ reason }) => reason),
      movements.map(({ sourceId }) => sourceId),
      movements.map(({ note }) => note),
    ]);
    const verdict = rows[0]?.verdict ?? 'MISSING';
    if (verdict === 'MISSING') throw new Error('A movement names a wallet that does not exist.');
    if (verdict === 'SHORT') return refuse('INSUFFICIENT_FUNDS', 'The balance is too low.');
    if (verdict === 'FULL') return refuse('NOT_AVAILABLE', 'The wallet cannot hold that much.');
    for (const { accountId, entryId } of rows)
      this.#outbox.publish(tx, 'wallet_changed', accountId, { entryId });
    return rows;
  }
}

interface PostedRow extends Posting {
  /** The same in each row. Unless it is FITS, there are no entries. */
  readonly verdict: 'FITS' | 'SHORT' | 'FULL' | 'MISSING';
}

// A statement of its own, in the order of the ids: the one that decides and writes begins afterwards and sees the final
// balances. In a single statement, the UPDATE would start from the rows before the wait, and PostgreSQL would check
// the results against the CHECK constraints before it reads the latest rows (docs/decisions/0017).
const lockWallets = statement(
  'ledger.lock',
  'select from wallet where id = any($1) and account_id is not null order by id for no key update',
);

// Both sides of all movements are one INSERT, because the trigger on the table sums the rows of a statement.
const postMovements = statement<PostedRow>(
  'ledger.post',
  `with movement as materialized (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::uuid[], $7::text[])
      with ordinality as given (wallet_id, against_id, currency, amount, reason, source_id, note, place)
  ), entry as materialized (
    select movement.*, case currency when 'GOLD' then gold when 'DIAMOND' then diamond end
      + sum(amount) over (partition by wallet_id, currency order by place) as balance_after
    from movement left join wallet on id = wallet_id and account_id is not null
  ), decision as materialized (
    select case
      when bool_or(balance_after is null) then 'MISSING'
      when min(balance_after) < 0 then 'SHORT'
      when max(balance_after) > 9007199254740991 then 'FULL'
      else 'FITS' end as verdict
    from entry
  ), moved as (
    update wallet set gold = wallet.gold + change.gold, diamond = wallet.diamond + change.diamond
    from decision, (
      select wallet_id, coalesce(sum(amount) filter (where currency = 'GOLD'), 0) as gold,
        coalesce(sum(amount) filter (where currency = 'DIAMOND'), 0) as diamond
      from movement group by wallet_id
    ) as change
    where wallet.id = wallet_id and verdict = 'FITS'
  ), posted as (
    insert into ledger_entry (wallet_id, currency, amount, balance_after, reason, source_id, note)
    select side.wallet_id, currency, side.amount, side.balance_after, reason, source_id, note
    from decision, entry cross join lateral (values
      (wallet_id, amount, balance_after), (against_id, -amount, null)
    ) as side (wallet_id, amount, balance_after)
    where verdict = 'FITS'
    order by place
    returning id, position, wallet_id, source_id, currency, amount, balance_after
  )
  select verdict, posted.id as "entryId", wallet_id as "accountId", source_id as "sourceId", currency, amount,
    balance_after as "balanceAfter"
  from decision left join posted on balance_after is not null
  order by position`,
);
