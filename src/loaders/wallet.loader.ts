import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import type { Currency } from '../domain/money.ts';
import { edgeMaker } from './keyset.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

export interface WalletRow extends NodeRow {
  readonly gold: number;
  readonly diamond: number;
}

export interface LedgerEntryRow extends NodeRow {
  readonly position: number;
  readonly walletId: string;
  readonly currency: Currency;
  readonly amount: number;
  readonly balanceAfter: number;
  readonly reason: 'QUEST_REWARD' | 'PURCHASE' | 'ADJUSTMENT' | 'REVERSAL';
  readonly sourceId: string;
  readonly note: string | null;
  readonly createdAt: Date;
}

/** People's wallets alone: what the system's hold is nobody's to see. */
export const walletById = makeByIdLoader({
  prefix: 'wallet',
  statement: statement<WalletRow>(
    'wallet.byId',
    `select id as "uuid", gold, diamond from wallet where id = any($1::uuid[]) and account_id is not null`,
  ),
});

const columns = `e.id as "uuid", e.position, e.wallet_id as "walletId", e.currency, e.amount,
  e.balance_after as "balanceAfter", e.reason, e.source_id as "sourceId", e.note, e.created_at as "createdAt"`;

export const ledgerEntryById = makeByIdLoader({
  prefix: 'entry',
  statement: statement<LedgerEntryRow>(
    'entry.byId',
    `select ${columns} from ledger_entry e where e.id = any($1::uuid[]) and e.balance_after is not null`,
  ),
});

const orders = {
  newest: { direction: 'desc', keys: [{ sql: 'e.position', type: 'bigint', field: 'position' }] },
} as const;

export const entryEdge = edgeMaker<LedgerEntryRow, 'newest'>({ name: 'wallet.entries', orders }, 'newest');

export const entriesOfWallet = makeNestedList<LedgerEntryRow, 'newest', 'currency'>({
  name: 'wallet.entries',
  prefix: 'entry',
  columns,
  from: 'ledger_entry e',
  parent: 'e.wallet_id',
  filters: { currency: (value) => `e.currency = ${value}` },
  orders,
});
