import type { Db } from './database.ts';
import { FairLimit } from './fair-limit.ts';

/** A part of the pool: of the statements that go this way, so many run at once, and all else has the others. */
export class LimitedDb {
  readonly #db: Db;
  readonly #limit: FairLimit;

  /** @param most statements at once, and so connections */
  constructor(db: Db, most: number) {
    this.#db = db;
    this.#limit = new FairLimit({ most });
  }

  /** The database, with a queue of its own that has its turns beside those of others. */
  lane(): Db {
    const lane: Db = {
      query: (statement, values, budget) =>
        this.#limit.run(lane, () => this.#db.query(statement, values, budget)),
    };
    return lane;
  }
}
