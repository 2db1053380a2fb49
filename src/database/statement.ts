import pg from 'pg';

/** A prepared statement: each connection of PostgreSQL parses and plans it once, under its name. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Planned at each call, with its values: for statements whose values decide which index is best. */
  readonly plannedAnew?: boolean;
  /** Never set: it carries the type of the rows. */
  readonly row?: Row;
}

const byName = new Map<string, string>();
const byText = new Map<string, string>();

/**
 * Declares a statement once, when its module loads. The SQL names columns like the properties of the rows.
 * @throws Error if the name is taken by another text, because PostgreSQL would run the wrong one
 */
export function statement<Row>(name: string, text: string): Statement<Row> {
  if ((byName.get(name) ?? text) !== text) throw new Error(`Two statements are named ${name}.`);
  if (Buffer.byteLength(name) > 63) throw new Error(`The name ${name} is too long for PostgreSQL.`);
  byName.set(name, text);
  byText.set(text, name);
  return { name, text };
}

/** The name under which this text was declared; undefined for statements that MikroORM writes. */
export function nameOf(text: string): string | undefined {
  return byText.get(text);
}

const numeric = pg.types.builtins.NUMERIC;
const int8 = pg.types.builtins.INT8;
const overrides = new Map<number, (value: string) => unknown>([
  [int8, Number],
  [numeric, Number],
]);

/** How the rows of statements are read: bigint as number (constraints keep it below 2^53), timestamptz as Date. */
export const rowTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    overrides.get(oid) ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};
