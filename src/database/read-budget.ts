import pg from 'pg';
import { rowTypes } from './statement.ts';

/** What was read is more than a request may have in memory. */
export class ReadBudgetExceeded extends Error {
  override readonly name = 'ReadBudgetExceeded';
  constructor() {
    super('More was read than a request may read.');
  }
}

/** Characters that may still be read for one request: what comes after them is dropped row by row, and never kept. */
export class ReadBudget {
  /** How rows are read while it lasts. */
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

  /** @throws ReadBudgetExceeded, which node-postgres makes the failure of the statement */
  #take(text: string): string {
    this.#left -= text.length;
    if (this.#left < 0) throw new ReadBudgetExceeded();
    return text;
  }
}

const { builtins } = pg.types;
/** Arrays, which builtins leaves out (pg_type.dat). */
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
