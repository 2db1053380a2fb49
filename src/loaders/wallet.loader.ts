import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { LedgerEntry } from '../entities/ledger-entry.entity.ts';
import { Wallet } from '../entities/wallet.entity.ts';
import { edgeMaker } from './keyset.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

const walletColumns = columnsOf(Wallet, null, ['id', 'gold', 'diamond']);
const columns = columnsOf(LedgerEntry, 'e', [
  'id',
  'position',
  'walletId',
  'currency',
  'amount',
  'balanceAfter',
  'reason',
  'sourceId',
  'note',
  'createdAt',
]);

export interface WalletRow extends NodeRow, RowOf<typeof walletColumns> {}

export interface LedgerEntryRow extends NodeRow, RowOf<typeof columns> {
  /** Only entries of system wallets have none, and they are not read. */
  readonly balanceAfter: number;
}

/** Only people's wallets: nobody may see what the system's wallets hold. */
export const walletById = makeByIdLoader({
  prefix: 'wallet',
  statement: statement<WalletRow>(
    'wallet.byId',
    `select ${walletColumns.sql} from wallet where id = any($1::uuid[]) and account_id is not null`,
  ),
});

export const ledgerEntryById = makeByIdLoader({
  prefix: 'entry',
  statement: statement<LedgerEntryRow>(
    'entry.byId',
    `select ${columns.sql} from ledger_entry e where e.id = any($1::uuid[]) and e.balance_after is not null`,
  ),
});

const orders = {
  newest: { direction: 'desc', keys: [{ sql: 'e.position', type: 'bigint', field: 'position' }] },
} as const;

export const entryEdge = edgeMaker<LedgerEntryRow, 'newest'>({ name: 'wallet.entries', orders }, 'newest');

export const entriesOfWallet = makeNestedList<LedgerEntryRow, 'newest', 'currency'>({
  name: 'wallet.entries',
  prefix: 'entry',
  columns: columns.sql,
  from: 'ledger_entry e',
  parent: 'e.wallet_id',
  filters: { currency: (value) => `e.currency = ${value}` },
  orders,
});
