import pg from 'pg';
import { rowTypes } from './statement.ts';

/** More was read than a request may hold in memory. */
export class ReadBudgetExceeded extends Error {
  override readonly name = 'ReadBudgetExceeded';
  constructor() {
    super('More was read than a request may read.');
  }
}

/** Characters that may still be read for one request. Rows beyond that are dropped one by one, and never kept. */
export class ReadBudget {
  /** Parses rows and counts their characters. */
  readonly types: pg.CustomTypesConfig;
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
    this.types = {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        const parse: (text: string) => unknown = rowTypes.getTypeParser(oid, format);
        return ofAnyLength.has(oid) ? (text: string) => parse(this.#take(text)) : parse;
      }) as typeof pg.types.getTypeParser,
    };
  }

  /** @throws ReadBudgetExceeded, with which node-postgres fails the statement */
  #take(text: string): string {
    this.#left -= text.length;
    if (this.#left < 0) throw new ReadBudgetExceeded();
    return text;
  }
}

const { builtins } = pg.types;
/** Array types, which `builtins` leaves out (pg_type.dat). */
const [textArray, uuidArray] = [1009, 2951];
/** The types whose values may have any length. */
const ofAnyLength: ReadonlySet<number> = new Set([
  builtins.TEXT,
  builtins.VARCHAR,
  builtins.JSON,
  builtins.JSONB,
  textArray,
  uuidArray,
]);
