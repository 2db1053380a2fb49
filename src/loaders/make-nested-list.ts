import DataLoader from 'dataloader';
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
import { maxBatchSize } from './make-loader.ts';
import { makeShapes } from './shapes.ts';

/** A list that each parent has one of, such as the posts of a collection. Its own parameters begin with $2. */
export interface NestedListDefinition<
  Row extends NodeRow,
  OrderName extends string,
  FilterName extends string = never,
> extends ListDefinition<Row, OrderName, FilterName> {
  /** The column that holds the parent's uuid, such as `p.author_id`. */
  readonly parent: string;
}

/** The lists of all parents, for one request. */
export interface NestedList<Row, OrderName extends string, FilterName extends string> {
  /**
   * Pages that are asked for together with equal arguments are read by one statement, however many parents there are.
   * So are their counts, if they are asked for.
   */
  connection(parentUuid: string, request: ListRequest<OrderName, FilterName>): Promise<ConnectionOf<Row>>;
  /** Forgets what was read, after a change. */
  clearAll(): void;
}

type OfParent<Row> = Row & { readonly parentUuid: string };

interface CountRow {
  readonly parentUuid: string;
  readonly count: number;
}

/** One parent's page; asks of one group differ only in the parent. */
interface Ask<Request> {
  readonly parentUuid: string;
  readonly group: string;
  readonly request: Request;
}

/** Makes the lists of all parents of a type; the returned function makes those of one request. */
export function makeNestedList<
  Row extends NodeRow,
  OrderName extends string,
  FilterName extends string = never,
>(
  definition: NestedListDefinition<Row, OrderName, FilterName>,
): (db: Db) => NestedList<Row, OrderName, FilterName> {
  type Request = ListRequest<OrderName, FilterName>;
  checkNames(definition);
  const { readPages, readCounts } = makeReads(definition);

  return (db) => {
    const pages = loaderByGroup<Request, readonly Row[]>(
      async (parents, request) => Map.groupBy(await readPages(db, parents, request), (row) => row.parentUuid),
      [],
    );
    const counts = loaderByGroup<Request, number>(async (parents, request) => {
      const rows = await readCounts(db, parents, request);
      return new Map(rows.map(({ parentUuid, count }) => [parentUuid, count]));
    }, 0);
    return {
      async connection(parentUuid, request) {
        const ask = { parentUuid, group: groupOf(request), request };
        const rows = await pages.load(ask);
        return connectionOf(rows, request.page, cursorMaker(definition, request.order), () =>
          counts.load(ask),
        );
      },
      clearAll() {
        pages.clearAll();
        counts.clearAll();
      },
    };
  };
}

/** The same lists, with values for their own parameters. */
export function withValues<Row, O extends string, F extends string>(
  list: NestedList<Row, O, F>,
  values: readonly unknown[],
): NestedList<Row, O, F> {
  return {
    connection: (parentUuid, request) => list.connection(parentUuid, { ...request, values }),
    clearAll: () => list.clearAll(),
  };
}

function groupOf({ order, page, filters, values }: ListRequest<string, string>): string {
  return JSON.stringify([order, page.limit, page.backward, page.after, page.before, filters, values]);
}

/** The two statements: $1 holds the parents. */
function makeReads<Row extends NodeRow, O extends string, F extends string>(
  definition: NestedListDefinition<Row, O, F>,
) {
  const { name, prefix, from, parent, plannedAnew } = definition;
  const pageShapes = makeShapes<OfParent<Row>>(name, { plannedAnew });
  const countShapes = makeShapes<CountRow>(`${name}.count`, { plannedAnew });
  return {
    async readPages(
      db: Db,
      parents: readonly string[],
      request: ListRequest<O, F>,
    ): Promise<OfParent<Row>[]> {
      const plan = planPage(definition, request, 1);
      const statement = pageShapes(plan.shape, () => {
        const { where, ...clauses } = plan.clauses();
        const page = pageText(definition, { ...clauses, where: `${parent} = asked.uuid and ${where}` });
        return `select asked.uuid as "parentUuid", page.* from unnest($1::uuid[]) as asked(uuid) cross join lateral (${page}) as page`;
      });
      return withIds(prefix, await db.query(statement, [parents, ...plan.values]));
    },

    async readCounts(db: Db, parents: readonly string[], request: ListRequest<O, F>): Promise<CountRow[]> {
      const plan = planConditions(definition, request, 1);
      const statement = countShapes(
        plan.shape,
        () =>
          `select ${parent} as "parentUuid", count(*)::int as "count" from ${from} where ${parent} = any($1::uuid[]) and ${plan.clauses()} group by ${parent}`,
      );
      return db.query(statement, [parents, ...plan.values]);
    },
  };
}

/** A loader that reads all asks of a group at once. If one group fails, the others do not. */
function loaderByGroup<Request, Result>(
  read: (parents: readonly string[], request: Request) => Promise<ReadonlyMap<string, Result>>,
  none: Result,
): DataLoader<Ask<Request>, Result, string> {
  return new DataLoader(
    async (asks) => {
      const groups = [...Map.groupBy(asks, ({ group }) => group)];
      const results = new Map(
        await Promise.all(
          groups.map(async ([group, [first, ...others]]) => {
            if (first === undefined) return [group, new Map<string, Result>()] as const;
            const parents = [first, ...others].map(({ parentUuid }) => parentUuid);
            return [group, await read(parents, first.request).catch(errorOf)] as const;
          }),
        ),
      );
      return asks.map(({ group, parentUuid }) => {
        const result = results.get(group);
        return result instanceof Error ? result : (result?.get(parentUuid) ?? none);
      });
    },
    { maxBatchSize, cacheKeyFn: ({ group, parentUuid }) => parentUuid + group },
  );
}

/** DataLoader rejects the loads whose result is an Error. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('A list could not be read.', { cause: thrown });
}
