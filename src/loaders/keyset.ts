import { type CursorKey, type CursorKeyType, decodeCursor, encodeCursor } from '../domain/cursor.ts';
import type { NodeRow, Prefix } from '../domain/ids.ts';
import type { Page } from '../domain/page.ts';
import type { EdgeOf } from './connection-of.ts';

/** A column or an expression that a list is ordered by. It may not be null. */
export interface Key<Row> {
  readonly sql: string;
  readonly type: CursorKeyType;
  /** The property of the row that holds its value, for the row's cursor. */
  readonly field: keyof Row & string;
}

/**
 * All keys of an order go the same way, so one comparison of rows, which an index can answer, finds what lies beyond a
 * cursor. The last key is unique.
 */
export interface Order<Row> {
  readonly direction: 'asc' | 'desc';
  readonly keys: readonly [Key<Row>, ...Key<Row>[]];
}

/** A condition on a value, used only if the value is given; without a value, used only if `true` is given. */
export type Filter = string | ((value: string) => string);

/** A list of Nodes in SQL. Nothing from a client gets into the text: all values are parameters. */
export interface ListDefinition<
  Row extends NodeRow,
  OrderName extends string,
  FilterName extends string = never,
> {
  /** Names its statements and cursors: unique and short, because PostgreSQL reads 63 bytes of a statement's name. */
  readonly name: string;
  /** The list whose cursors work for this one too: it has the same keys, and other conditions. If left out, none. */
  readonly cursors?: string;
  readonly prefix: Prefix;
  /** With `uuid` and the fields of all keys, but without `id`, which is made from prefix and uuid. */
  readonly columns: string;
  readonly from: string;
  /** Always holds. `from` and `where` use all of the list's own parameters, from $1 on ($2 in a nested list). */
  readonly where?: string;
  /** How many parameters the list itself has; if left out, 0. */
  readonly parameters?: number;
  readonly filters?: Readonly<Record<FilterName, Filter>>;
  /** For a search, which may find few rows or most of them: its statements are planned with their values. */
  readonly plannedAnew?: boolean;
  /** If a page joins or orders much: it is found with few columns, and the others are read for the page alone. */
  readonly deferred?: DeferredJoin;
  readonly orders: Readonly<Record<OrderName, Order<Row>>>;
}

export interface DeferredJoin {
  /** Selected instead of `columns` until the page is known; they become the columns of `found`. */
  readonly found: string;
  /** What `columns` are read from then, besides `found`: `post p on p.id = found."uuid"`. */
  readonly join: string;
}

/** One page of a list, as a resolver asks for it. */
export interface ListRequest<OrderName extends string, FilterName extends string = never> {
  readonly page: Page;
  readonly order: OrderName;
  /** The values of the list's own parameters. */
  readonly values?: readonly unknown[];
  /** A filter that is undefined or null does not apply. */
  readonly filters?: { readonly [Name in FilterName]?: unknown };
}

/** The parts of a list's statement that vary: requests of one shape have the same text. */
export interface Plan<Clauses> {
  readonly shape: string;
  readonly values: readonly unknown[];
  clauses(): Clauses;
}

export interface PageClauses {
  readonly where: string;
  readonly orderBy: string;
  /** The same order, by the names of the columns in the rows. */
  readonly orderByFields: string;
  /** The parameter that holds the number of rows. */
  readonly limit: string;
}

/**
 * The most rows that a page reads: the largest page, and the row that tells whether there are more. It is a constant in
 * the text, in a subselect below the requested limit, so that PostgreSQL makes one plan for few rows.
 */
export const mostRows = 101;

/**
 * Plans one page and one row more than it holds, read from the page's end of the list on.
 * @param framing how many parameters the statement around it has; the list's parameters come after them
 * @throws GraphQLError BAD_USER_INPUT if a cursor is not from this list
 */
export function planPage<Row extends NodeRow, O extends string, F extends string>(
  definition: ListDefinition<Row, O, F>,
  request: ListRequest<O, F>,
  framing: number,
): Plan<PageClauses> {
  const { limit, backward, after, before } = request.page;
  if (limit >= mostRows) throw new RangeError(`A page has at most ${mostRows - 1} rows.`);
  const conditions = planConditions(definition, request, framing);
  const { keys, direction } = definition.orders[request.order];
  const types = keys.map(({ type }) => type);
  const keysAt = (cursor?: string) =>
    cursor === undefined ? [] : decodeCursor(cursorNameOf(definition, request.order), cursor, types);
  return {
    shape: `${request.order}.${shapeOf(request.page)}${conditions.shape}`,
    values: [...conditions.values, ...keysAt(after), ...keysAt(before), limit + 1],
    clauses() {
      const place = placesFrom(framing + conditions.values.length);
      const columns = tupleOf(keys.map(({ sql }) => sql));
      const position = () => tupleOf(types.map((type) => `${place()}::${type}`));
      const [beyondAfter, beyondBefore] = direction === 'asc' ? ['>', '<'] : ['<', '>'];
      const bounds = [conditions.clauses()];
      if (after !== undefined) bounds.push(`${columns} ${beyondAfter} ${position()}`);
      if (before !== undefined) bounds.push(`${columns} ${beyondBefore} ${position()}`);
      const reading = backward === (direction === 'asc') ? 'desc' : 'asc';
      return {
        where: bounds.join(' and '),
        orderBy: keys.map(({ sql }) => `${sql} ${reading}`).join(', '),
        orderByFields: keys.map(({ field }) => `"${field}" ${reading}`).join(', '),
        limit: place(),
      };
    },
  };
}

/** The text that reads a page, in the order of reading. */
export function pageText(
  { columns, from, deferred }: Pick<ListDefinition<NodeRow, string, string>, 'columns' | 'from' | 'deferred'>,
  { where, orderBy, orderByFields, limit }: PageClauses,
): string {
  const ordered = `select ${deferred?.found ?? columns} from ${from} where ${where} order by ${orderBy} limit ${mostRows}`;
  const page = `select * from (${ordered}) as ordered limit ${limit}`;
  if (deferred === undefined) return page;
  return `select ${columns} from (${page}) as found join ${deferred.join} order by ${orderByFields}`;
}

function shapeOf({ backward, after, before }: Page): string {
  return (backward ? 'last' : 'first') + (after === undefined ? '' : 'A') + (before === undefined ? '' : 'B');
}

/** Plans only the list's conditions, for its count. */
export function planConditions<Row extends NodeRow, O extends string, F extends string>(
  { name, where, parameters = 0, filters }: ListDefinition<Row, O, F>,
  request: ListRequest<O, F>,
  framing: number,
): Plan<string> {
  const own = request.values ?? [];
  if (own.length !== parameters)
    throw new TypeError(`The list ${name} takes ${parameters} values of its own.`);
  const given = givenFilters(filters, request.filters);
  return {
    shape: given.map(({ index }) => index.toString(36)).join(''),
    values: [...own, ...given.flatMap(({ filter, value }) => (typeof filter === 'string' ? [] : [value]))],
    clauses() {
      const place = placesFrom(framing + own.length);
      const texts = given.map(({ filter }) => (typeof filter === 'string' ? filter : filter(place())));
      return [where ?? 'true', ...texts].map((text) => `(${text})`).join(' and ');
    },
  };
}

/**
 * @throws Error when a list is defined, not when a client asks for its longest shape, whose name PostgreSQL would cut
 */
export function checkNames({ name, orders, filters = {} }: ListNames): void {
  const shapes = Object.keys(orders).map((order) => `${name}.${order}.firstAB`);
  const longest = Math.max(...[...shapes, `${name}.count.`].map((shape) => Buffer.byteLength(shape)));
  if (longest + Object.keys(filters).length > 63)
    throw new Error(`The names of the list ${name} are too long.`);
}

interface ListNames {
  readonly name: string;
  readonly orders: object;
  readonly filters?: object;
}

/** Makes the cursor of a row from the fields that hold its keys. */
export function cursorMaker<Row extends NodeRow, O extends string>(
  definition: Pick<ListDefinition<Row, O>, 'name' | 'cursors' | 'orders'>,
  order: O,
): (row: Row) => string {
  const name = cursorNameOf(definition, order);
  const { keys } = definition.orders[order];
  return (row) =>
    encodeCursor(
      name,
      keys.map(({ field }) => keyOf(row[field])),
    );
}

/** Makes the edge of a row that was read by its id, for a client that adds it to a list; null for null. */
export function edgeMaker<Row extends NodeRow, O extends string>(
  definition: Pick<ListDefinition<Row, O>, 'name' | 'cursors' | 'orders'>,
  order: O,
): (row: Row | null) => EdgeOf<Row> | null {
  const cursorOf = cursorMaker(definition, order);
  return (row) => row && { cursor: cursorOf(row), node: row };
}

function keyOf(value: unknown): CursorKey {
  if (typeof value === 'string' || typeof value === 'number' || value instanceof Date) return value;
  throw new TypeError('A row lacks a key of its list.');
}

function cursorNameOf(
  { name, cursors = name }: { readonly name: string; readonly cursors?: string },
  order: string,
): string {
  return `${cursors}.${order}`;
}

function givenFilters<F extends string>(
  filters: Readonly<Record<F, Filter>> | undefined,
  values: { readonly [Name in F]?: unknown } = {},
) {
  const byName = new Map<string, unknown>(Object.entries(values));
  return Object.entries<Filter>(filters ?? {})
    .map(([name, filter], index) => ({ index, filter, value: byName.get(name) }))
    .filter(({ filter, value }) =>
      typeof filter === 'string' ? value === true : value !== undefined && value !== null,
    );
}

function placesFrom(taken: number): () => string {
  let last = taken;
  return () => `$${++last}`;
}

function tupleOf(parts: readonly string[]): string {
  return `(${parts.join(', ')})`;
}
