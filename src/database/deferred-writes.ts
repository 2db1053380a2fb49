import type { Transaction } from './transaction.ts';

/** The phases of a commit whose steps may still write. */
export type WritePhase = 'beforeCommit' | 'atCommit';

/** Gathers rows from many calls in one transaction, and writes them together in a phase of its commit. */
export class DeferredWrites<Row> {
  readonly #phase: WritePhase;
  readonly #write: (tx: Transaction, rows: readonly Row[]) => Promise<void>;
  readonly #gathered = new WeakMap<Transaction, Row[]>();

  constructor(phase: WritePhase, write: (tx: Transaction, rows: readonly Row[]) => Promise<void>) {
    this.#phase = phase;
    this.#write = write;
  }

  /** Adds rows, which are written in the order of the calls. Rows that come after the write cause another one. */
  add(tx: Transaction, rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const gathered = this.#gathered.get(tx);
    if (gathered !== undefined) {
      gathered.push(...rows);
      return;
    }
    this.#gathered.set(tx, [...rows]);
    tx[this.#phase](() => this.#flush(tx));
  }

  async #flush(tx: Transaction): Promise<void> {
    const rows = this.#gathered.get(tx) ?? [];
    this.#gathered.delete(tx);
    await this.#write(tx, rows);
  }
}
