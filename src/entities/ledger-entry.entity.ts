import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type Currency, currencies } from '../domain/money.ts';
import { Purchase } from './purchase.entity.ts';
import { QuestCompletion } from './quest-completion.entity.ts';
import { Wallet } from './wallet.entity.ts';

export const ledgerReasons = ['QUEST_REWARD', 'PURCHASE', 'ADJUSTMENT', 'REVERSAL'] as const;
export type LedgerReason = (typeof ledgerReasons)[number];

const sourceFor = (reason: LedgerReason) =>
  `CASE reason WHEN '${reason}'::text THEN source_id ELSE NULL::uuid END stored`;

/**
 * An entry of the append-only ledger. Both sides of a movement are inserted by one statement: the database refuses a
 * statement whose entries for a cause do not sum to zero.
 */
@Entity()
@Unique({ name: 'ledger_entry_source_key', properties: ['sourceId', 'reason', 'walletId', 'currency'] })
@Index({ name: 'ledger_entry_wallet_id_idx', properties: ['walletId', 'position'] })
@Index({ name: 'ledger_entry_wallet_id_currency_idx', properties: ['walletId', 'currency', 'position'] })
export class LedgerEntry {
  [OptionalProps]?: 'position' | 'createdAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: new BigIntType('number'), autoincrement: true, generated: 'identity' })
  position!: number;

  @ManyToOne(() => Wallet, {
    mapToPk: true,
    fieldName: 'wallet_id',
    foreignKeyName: 'ledger_entry_wallet_id_fkey',
  })
  walletId!: string;

  @Enum({ items: currencies })
  currency!: Currency;

  /** Positive if it came in, negative if it went out. */
  @Property({ type: new BigIntType('number'), check: 'amount <> 0' })
  amount!: number;

  /** The balance of a person's wallet; null for a system wallet. */
  @Property({ type: new BigIntType('number'), nullable: true })
  balanceAfter: number | null = null;

  @Enum({ items: ledgerReasons })
  reason!: LedgerReason;

  /** The cause: a completion, a purchase, an adjustment's own id, or the entry reversed. */
  @Property({ type: 'uuid' })
  sourceId!: string;

  /** `sourceId` of a QUEST_REWARD, computed by the database. */
  @ManyToOne(() => QuestCompletion, {
    mapToPk: true,
    fieldName: 'completion_id',
    foreignKeyName: 'ledger_entry_completion_id_fkey',
    nullable: true,
    deleteRule: 'no action',
    generated: sourceFor('QUEST_REWARD'),
  })
  completionId!: string | null;

  /** `sourceId` of a PURCHASE, computed by the database. */
  @ManyToOne(() => Purchase, {
    mapToPk: true,
    fieldName: 'purchase_id',
    foreignKeyName: 'ledger_entry_purchase_id_fkey',
    nullable: true,
    deleteRule: 'no action',
    generated: sourceFor('PURCHASE'),
  })
  purchaseId!: string | null;

  /** `sourceId` of a REVERSAL, computed by the database. */
  @ManyToOne(() => LedgerEntry, {
    mapToPk: true,
    fieldName: 'reversed_entry_id',
    foreignKeyName: 'ledger_entry_reversed_entry_id_fkey',
    nullable: true,
    deleteRule: 'no action',
    generated: sourceFor('REVERSAL'),
  })
  reversedEntryId!: string | null;

  @Property({ type: 'text', nullable: true, check: 'char_length(note) >= 1 and char_length(note) <= 500' })
  note: string | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;
}
