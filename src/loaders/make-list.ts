import type { Db } from '../database/database.ts';
import { type NodeRow, withIds } from '../domain/ids.ts';
import { type ConnectionOf, connectionOf } from './connection-of.ts';
import {
  checkNames,
  cursorMaker,
  type ListDefinition,
  type ListRequest,
  pageText,
  planConditions,
  planPage,
} from './keyset.ts';
import { makeShapes } from './shapes.ts';

export interface List<Row, OrderName extends string, FilterName extends string> {
  /** Takes one statement, and one more if totalCount is asked for. */
  connection(db: Db, request: ListRequest<OrderName, FilterName>): Promise<ConnectionOf<Row>>;
  /** The rows of a page, and one more if there are more, from the page's end of the list on. */
  rows(db: Db, request: ListRequest<OrderName, FilterName>): Promise<Row[]>;
  count(db: Db, request: ListRequest<OrderName, FilterName>): Promise<number>;
}

/**
 * Makes a list that is read page by page from its cursors (keyset paging). A page costs the same anywhere in the list,
 * and rows that come or go elsewhere do not move it.
 */
export function makeList<Row extends NodeRow, OrderName extends string, FilterName extends string = never>(
  definition: ListDefinition<Row, OrderName, FilterName>,
): List<Row, OrderName, FilterName> {
  checkNames(definition);
  const { name, prefix, from, plannedAnew } = definition;
  const pages = makeShapes<Row>(name, { plannedAnew });
  const counts = makeShapes<{ readonly count: number }>(`${name}.count`, { plannedAnew });

  const list: List<Row, OrderName, FilterName> = {
    async rows(db, request) {
      const plan = planPage(definition, request, 0);
      const statement = pages(plan.shape, () => pageText(definition, plan.clauses()));
      return withIds(prefix, await db.query(statement, plan.values));
    },

    async count(db, request) {
      const plan = planConditions(definition, request, 0);
      const statement = counts(
        plan.shape,
        () => `select count(*)::int as "count" from ${from} where ${plan.clauses()}`,
      );
      const [row] = await db.query(statement, plan.values);
      return row?.count ?? 0;
    },

    async connection(db, request) {
      const rows = await list.rows(db, request);
      return connectionOf(rows, request.page, cursorMaker(definition, request.order), () =>
        list.count(db, request),
      );
    },
  };
  return list;
}
