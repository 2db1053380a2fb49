import { type Statement, statement } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** A query with many rows: they come page by page, and between two pages others have their turn. */
export interface Cursor<Row> {
  readonly open: Statement<never>;
  readonly fetch: Statement<Row>;
  readonly close: Statement<never>;
}

/** Rows per page. */
const pageSize = 1_000;

/**
 * Declares a cursor once, when its module loads.
 * @param name begins the names of its statements; with underscores for dots it names the cursor itself
 */
export function cursor<Row>(name: string, query: string): Cursor<Row> {
  const called = name.replaceAll('.', '_');
  return {
    open: statement(`${name}.open`, `declare ${called} no scroll cursor for ${query}`),
    fetch: statement(`${name}.fetch`, `fetch ${pageSize} from ${called}`),
    close: statement(`${name}.close`, `close ${called}`),
  };
}

/** Runs the query and reads its rows to the end. The rows that it locks are locked page by page. */
export async function* pagesOf<Row>(
  { query }: Pick<Transaction, 'query'>,
  { open, fetch, close }: Cursor<Row>,
  values: readonly unknown[],
): AsyncGenerator<readonly Row[], void> {
  await query(open, values);
  for (let left = true; left; ) {
    const page = await query(fetch);
    left = page.length === pageSize;
    if (page.length > 0) yield page;
  }
  await query(close);
}

/** All rows in one array. */
export async function readAll<Row>(
  tx: Pick<Transaction, 'query'>,
  from: Cursor<Row>,
  values: readonly unknown[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pagesOf(tx, from, values)) for (const row of page) rows.push(row);
  return rows;
}
