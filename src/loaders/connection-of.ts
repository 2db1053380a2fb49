import type { Page } from '../domain/page.ts';

export interface EdgeOf<Row> {
  readonly cursor: string;
  readonly node: Row;
}

/** What a resolver returns for a connection. graphql-js calls each function only if its field is asked for. */
export interface ConnectionOf<Row> {
  readonly nodes: readonly Row[];
  readonly edges: () => EdgeOf<Row>[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: () => string | null;
    readonly endCursor: () => string | null;
  };
  readonly totalCount: () => Promise<number>;
}

/**
 * Makes a connection of the rows that were read for a page.
 * @param read the rows in the order of reading, from the page's end of the list on; one more than `page.limit` if
 *   there are more
 * @param totalCount called at most once
 */
export function connectionOf<Row>(
  read: readonly Row[],
  page: Page,
  cursorOf: (row: Row) => string,
  totalCount: () => Promise<number>,
): ConnectionOf<Row> {
  const hasMore = read.length > page.limit;
  const nodes = hasMore ? read.slice(0, page.limit) : [...read];
  if (page.backward) nodes.reverse();
  let count: Promise<number> | undefined;
  return {
    nodes,
    edges: () => nodes.map((node) => ({ cursor: cursorOf(node), node })),
    pageInfo: {
      hasNextPage: page.backward ? page.before !== undefined : hasMore || page.before !== undefined,
      hasPreviousPage: page.backward ? hasMore || page.after !== undefined : page.after !== undefined,
      startCursor: () => cursorAt(nodes, 0, cursorOf),
      endCursor: () => cursorAt(nodes, -1, cursorOf),
    },
    totalCount: () => {
      count ??= totalCount();
      return count;
    },
  };
}

function cursorAt<Row>(nodes: readonly Row[], index: number, cursorOf: (row: Row) => string): string | null {
  const node = nodes.at(index);
  return node === undefined ? null : cursorOf(node);
}
