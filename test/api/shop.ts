import { randomUUID } from 'node:crypto';
import {
  type MoneyInput,
  ProductDocument,
  PurchaseProductDocument,
  type PurchaseProductInput,
  PurchasesDocument,
  ViewerWithWalletDocument,
} from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import type { Client, Refused } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';

export const gold = (amount: number) => ({ currency: 'GOLD', amount }) as const;
export const diamonds = (amount: number) => ({ currency: 'DIAMOND', amount }) as const;

/** Runs `work` fifty times at once. */
export const fifty = <T>(work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => work(index)));

/** The same refusal `count` times. */
export const times = (count: number, refused: Refused) => Array.from({ length: count }, () => refused);

/** The offer that a buyer has seen. */
export interface Offer {
  readonly id: string;
  readonly price: MoneyInput;
}

/** An order for one, at the price that was shown, with a new key. */
export const orderOf = ({ id, price }: Offer, given: Partial<PurchaseProductInput> = {}) => ({
  productId: id,
  expectedPrice: { currency: price.currency, amount: price.amount },
  idempotencyKey: randomUUID(),
  ...given,
});

/** A running Questline, used as a shop. */
export class Shop {
  readonly app: App;

  private constructor(app: App) {
    this.app = app;
  }

  static async open(): Promise<Shop> {
    return new Shop(await startApp());
  }

  buy({ client }: { readonly client: Client }, input: PurchaseProductInput) {
    return client.mutate(PurchaseProductDocument, { input });
  }

  refusal({ client }: { readonly client: Client }, input: PurchaseProductInput) {
    return client.refused(PurchaseProductDocument, { input });
  }

  async stockOf(id: string): Promise<number | null> {
    return present((await this.app.client.run(ProductDocument, { id })).product).stock;
  }

  /** Balances and ledger entries, newest first. */
  async walletOf({ client }: Pick<Person, 'client'>) {
    const { wallet } = present((await client.run(ViewerWithWalletDocument)).viewer);
    return { gold: wallet.gold, diamond: wallet.diamond, entries: wallet.entries.nodes };
  }

  async purchasesOf({ client }: Pick<Person, 'client'>) {
    return present((await client.run(PurchasesDocument)).viewer).purchases.nodes;
  }

  /** Runs a statement in a transaction that stays open, with its locks, until it is released. */
  async hold(text: string, ...values: unknown[]): Promise<() => Promise<void>> {
    const holder = await (await this.app.site.database()).connect();
    await holder.query('begin');
    await holder.query(text, values);
    return async () => {
      await holder.query('commit');
      await holder.end();
    };
  }

  /** Waits until `count` statements wait for a lock. */
  async waiting(count: number): Promise<void> {
    await eventually(async () => {
      const waiting = await this.app.site.sql(
        'select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0',
      );
      return waiting.length === count;
    });
  }

  /** The contents of all tables that a purchase writes to. */
  contents(): Promise<string> {
    return this.app.site.contents(
      ...['product', 'purchase', 'wallet', 'ledger_entry', 'idempotency_key', 'notification'],
      ...['recorded_event', 'live_event'],
    );
  }
}
