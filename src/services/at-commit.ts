import type { Transaction } from '../database/transaction.ts';

/** Gathers what many calls add to a transaction, and writes it at once when everything else is written. */
export class AtCommit<Item> {
  readonly #write: (tx: Transaction, items: readonly Item[]) => Promise<void>;
  readonly #gathered = new WeakMap<Transaction, Item[]>();

  constructor(write: (tx: Transaction, items: readonly Item[]) => Promise<void>) {
    this.#write = write;
  }

  add(tx: Transaction, items: readonly Item[]): void {
    if (items.length === 0) return;
    const gathered = this.#gathered.get(tx);
    if (gathered !== undefined) {
      gathered.push(...items);
      return;
    }
    this.#gathered.set(tx, [...items]);
    tx.beforeCommit(() => this.#flush(tx));
  }

  async #flush(tx: Transaction): Promise<void> {
    const items = this.#gathered.get(tx) ?? [];
    // What a later step of the same commit adds is written by a statement of its own.
    this.#gathered.delete(tx);
    await this.#write(tx, items);
  }
}
