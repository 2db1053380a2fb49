import type { Db } from './database.ts';
import { Turns } from './turns.ts';

/** A part of the pool: of the statements that go this way, so many run at once, and all else has the others. */
export class LimitedDb {
  readonly #db: Db;
  readonly #turns: Turns;

  /** @param most statements at once, and so connections */
  constructor(db: Db, most: number) {
    this.#db = db;
    this.#turns = new Turns({ most });
  }

  /** The database, with a queue of its own that has its turns beside those of others. */
  lane(): Db {
    const lane = this.#turns.lane();
    return {
      query: (statement, values, budget) => lane.run(() => this.#db.query(statement, values, budget)),
    };
  }
}
