import type { Db } from './database.ts';
import { FairLimit } from './fair-limit.ts';

/** A part of the pool: only so many of the statements that go this way run at once, and others use the rest. */
export class LimitedDb {
  readonly #db: Db;
  readonly #limit: FairLimit;

  /** @param most statements at once, and so connections */
  constructor(db: Db, most: number) {
    this.#db = db;
    this.#limit = new FairLimit({ most });
  }

  /** The database with its own queue, which takes turns with the other lanes. */
  lane(): Db {
    const lane: Db = {
      query: (statement, values, budget) =>
        this.#limit.run(lane, () => this.#db.query(statement, values, budget)),
    };
    return lane;
  }
}
