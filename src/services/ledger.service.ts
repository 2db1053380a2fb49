import { z } from 'zod';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { adjustment, check, note } from '../domain/fields.ts';
import { newUuid } from '../domain/ids.ts';
import { type Currency, inWords } from '../domain/money.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import { once } from './idempotency.ts';
import { type Ledger, type Movement, type Posting, systemWallets } from './ledger.ts';
import type { NewNotification, Notifier } from './notifier.ts';

export interface AdjustWalletFields {
  /** Null if the given id is not a user's. */
  readonly accountId: string | null;
  /** Positive to give, negative to take. */
  readonly amount: { readonly currency: Currency; readonly amount: number };
  readonly note: string;
  readonly idempotencyKey: string;
}

export interface ReverseEntryFields {
  /** Null if the given id is not an entry's. */
  readonly entryId: string | null;
  readonly note: string;
}

/** An entry and the account of its wallet; account and wallet have the same id. */
export type EntryKey = z.output<typeof entryKey>;
const entryKey = z.object({ entryId: z.string(), accountId: z.string() });

export interface LedgerServiceOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly notifier: Notifier;
}

/** What admins do to wallets. */
export class LedgerService {
  readonly #options: LedgerServiceOptions;

  constructor(options: LedgerServiceOptions) {
    this.#options = options;
  }

  /** Gives an amount to a person or takes it from them, once for each idempotency key of the viewer. */
  adjustWallet(viewer: Pick<Viewer, 'accountId'>, input: AdjustWalletFields): Promise<EntryKey | Refusal> {
    const { idempotencyKey: key, ...rest } = input;
    const request = {
      accountId: viewer.accountId,
      key,
      operation: 'adjustWallet',
      input: rest,
      result: entryKey,
    };
    return transaction(this.#options.database, (tx) => once(tx, request, () => this.#adjust(tx, input)));
  }

  /**
   * Posts the exact opposite of a person's entry, against the same system wallet, once.
   * @returns NOT_FOUND if no person has this entry, NOT_AVAILABLE if it is reversed already, INSUFFICIENT_FUNDS if the
   *   balance would fall below 0
   */
  reverseEntry(input: ReverseEntryFields): Promise<EntryKey | Refusal> {
    return transaction(this.#options.database, (tx) => this.#reverse(tx, input));
  }

  async #adjust(tx: Transaction, input: AdjustWalletFields): Promise<EntryKey | Refusal> {
    const fields = check(z.object({ amount: adjustment, note }), input);
    if (fields instanceof Refusal) return fields;
    const [person] = await tx.query(readPerson, [input.accountId]);
    if (person === undefined) return refuse('NOT_FOUND', 'There is no such user.', ['userId']);
    return this.#post(tx, 'Your wallet was adjusted', {
      accountId: person.accountId,
      against: systemWallets.adjustments,
      ...fields.amount,
      reason: 'ADJUSTMENT',
      sourceId: newUuid(),
      note: fields.note,
    });
  }

  async #reverse(tx: Transaction, input: ReverseEntryFields): Promise<EntryKey | Refusal> {
    const fields = check(z.object({ note }), input);
    if (fields instanceof Refusal) return fields;
    const [entry] = await tx.query(lockEntry, [input.entryId]);
    if (entry === undefined) return refuse('NOT_FOUND', 'There is no such entry.', ['entryId']);
    // A statement of its own, which sees what was committed while the lock was waited for.
    const reversals = await tx.query(readReversal, [input.entryId]);
    if (reversals.length > 0)
      return refuse('NOT_AVAILABLE', 'This entry has already been reversed.', ['entryId']);
    return this.#post(tx, 'An entry of your wallet was reversed', {
      ...entry,
      reason: 'REVERSAL',
      note: fields.note,
    });
  }

  async #post(
    tx: Transaction,
    title: string,
    movement: Movement & { readonly note: string },
  ): Promise<EntryKey | Refusal> {
    const { ledger, notifier } = this.#options;
    const posted = await ledger.post(tx, [movement]);
    if (posted instanceof Refusal) return posted;
    const [posting] = posted;
    if (posting === undefined) throw new Error('A movement was posted without an entry.');
    notifier.notify(tx, notificationOf(title, posting, movement.note));
    return { entryId: posting.entryId, accountId: posting.accountId };
  }
}

function notificationOf(
  title: string,
  { entryId, accountId, currency, amount }: Posting,
  note: string,
): NewNotification {
  const moved = inWords([{ currency, amount: Math.abs(amount) }]);
  return {
    accountId,
    kind: 'SYSTEM',
    title,
    body: `${amount > 0 ? `You got ${moved}` : `An admin took ${moved}`}: ${note}`,
    subject: { type: 'entry', uuid: entryId },
  };
}

const readPerson = statement<{ accountId: string }>(
  'ledger.person',
  'select id as "accountId" from account where id = $1 and deleted_at is null for key share',
);

const lockEntry = statement<Pick<Movement, 'accountId' | 'against' | 'currency' | 'amount' | 'sourceId'>>(
  'ledger.lock_entry',
  `select entry.wallet_id as "accountId", other.wallet_id as against, entry.currency, -entry.amount as amount,
    entry.id as "sourceId"
  from ledger_entry as entry
  join wallet on wallet.id = entry.wallet_id and wallet.account_id is not null
  join ledger_entry as other on (other.source_id, other.reason, other.currency)
    = (entry.source_id, entry.reason, entry.currency)
  join wallet as system on system.id = other.wallet_id and system.account_id is null
  where entry.id = $1
  for no key update of wallet`,
);

const readReversal = statement(
  'ledger.reversal',
  `select from ledger_entry where source_id = $1 and reason = 'REVERSAL'`,
);
