import DataLoader from 'dataloader';
import type { Db } from '../database/database.ts';
import type { Statement } from '../database/statement.ts';
import { type NodeRow, type Prefix, withIds } from '../domain/ids.ts';

/** Most keys of one statement: more of them go in several, side by side. */
export const maxBatchSize = 1000;

/** Loads the row of a key; null if there is none. Each key of a request is read once. */
export type Loader<Row> = DataLoader<string, Row | null>;
/** Loads all rows of a key, in the order of the statement. */
export type GroupLoader<Row> = DataLoader<string, readonly Row[]>;

/** Makes the loader of one request; `values` are the statement's parameters from $2 on, such as the viewer. */
export type MakeLoader<L> = (db: Db, ...values: readonly unknown[]) => L;

interface NodeDefinition<Row> {
  readonly prefix: Prefix;
  /** `select … where id = any($1::uuid[])`, with a column `uuid` but no `id`, which is made from prefix and uuid. */
  readonly statement: Statement<Row>;
}

interface KeyDefinition<Row> extends NodeDefinition<Row> {
  /** The key of a row, spelled like the keys that are asked for. */
  readonly keyOf: (row: Row) => string;
}

interface GroupDefinition<Row> {
  /** `select … where quest_id = any($1::uuid[]) order by …` */
  readonly statement: Statement<Row>;
  readonly keyOf: (row: Row) => string;
}

/** A loader of Nodes by uuid. */
export function makeByIdLoader<Row extends NodeRow>(
  definition: NodeDefinition<Row>,
): MakeLoader<Loader<Row>> {
  return makeLoader({ ...definition, keyOf: (row) => row.uuid });
}

/** A loader of Nodes by any unique key. */
export function makeLoader<Row extends NodeRow>(definition: KeyDefinition<Row>): MakeLoader<Loader<Row>> {
  const { prefix, statement, keyOf } = definition;
  return (db, ...values) =>
    new DataLoader(
      async (keys) => {
        const rows = withIds(prefix, await db.query(statement, [keys, ...values]));
        const byKey = new Map(rows.map((row) => [keyOf(row), row]));
        return keys.map((key) => byKey.get(key) ?? null);
      },
      { maxBatchSize },
    );
}

/** A loader of short lists without pages, such as the prerequisites of a quest. */
export function makeGroupLoader<Row>(definition: GroupDefinition<Row>): MakeLoader<GroupLoader<Row>> {
  const { statement, keyOf } = definition;
  return (db, ...values) =>
    new DataLoader(
      async (keys) => {
        const groups = Map.groupBy(await db.query(statement, [keys, ...values]), keyOf);
        return keys.map((key) => groups.get(key) ?? []);
      },
      { maxBatchSize },
    );
}
