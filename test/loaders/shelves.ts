import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import { rowTypes, type Statement } from '../../src/database/statement.ts';
import type { NodeRow } from '../../src/domain/ids.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';

export interface Item extends NodeRow {
  shelfUuid: string;
  name: string;
  price: number;
  weight: number;
  createdAt: Date;
}

/** A row of the crowd. */
export interface Head extends NodeRow {
  createdAt: Date;
}

export const heads = {
  prefix: 'user',
  columns: 'c.id as "uuid", c.created_at as "createdAt"',
  from: 'crowd c',
  orders: {
    newest: {
      direction: 'desc',
      keys: [
        { sql: 'c.created_at', type: 'timestamptz', field: 'createdAt' },
        { sql: 'c.id', type: 'uuid', field: 'uuid' },
      ],
    },
  },
} as const;

export interface Shelves {
  readonly db: Db;
  /** The names of the statements sent since the last call. */
  sent(): string[];
  /** Runs plain SQL, as the reference. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The plan of a prepared statement, and how often PostgreSQL used it as a generic plan. */
  planOf(name: string): Promise<{ readonly plan: string; readonly generic: number }>;
}

/**
 * 60 shelves and 300 items with few distinct keys, so that most keys are shared by several items; and a crowd, large
 * enough that PostgreSQL's planner uses an index.
 */
const fill = `
  create table shelf (id uuid primary key default uuidv7());
  insert into shelf select from generate_series(1, 60);
  create table item (
    id uuid primary key default gen_random_uuid(),
    shelf_id uuid not null references shelf,
    name text not null,
    price bigint not null,
    weight real not null,
    created_at timestamptz(3) not null
  );
  insert into item (shelf_id, name, price, weight, created_at)
    select (select id from shelf order by id offset (i % 50) % 7 limit 1),
      (array['apple', 'Äpfel', 'a"b', 'it''s', 'a\\b', 'zwölf 🎲', ''])[i % 7 + 1],
      (i % 5) * 9007199254740991 / 4,
      (i % 3) / 3.0::real,
      timestamptz '2026-11-21 10:00:00.123Z' + (i % 11) * interval '1 ms'
    from generate_series(1, 300) i;
  create index on item (created_at, id);
  create index on item (shelf_id, created_at, id);
  create table crowd as
    select uuidv7() as id, s.id as shelf_id, timestamptz '2026-11-21Z' + i * interval '1 ms' as created_at
    from (select id from shelf order by id limit 10) s, generate_series(1, 1000) i;
  create index on crowd (created_at, id);
  create index on crowd (shelf_id, created_at, id);
  analyze;
`;

/** Gives the tests of a file a database with shelves, over one connection, so that its statements can be observed. */
export function openShelves(): Shelves {
  let database: TestDatabase | undefined;
  let pool: pg.Pool | undefined;
  let names: string[] = [];

  async function run<Row>(statement: Partial<Statement<Row>>, values: readonly unknown[]): Promise<Row[]> {
    if (pool === undefined) throw new Error('The database is not open yet.');
    const { rows } = await pool.query({
      ...statement,
      text: statement.text ?? '',
      values: [...values],
      types: rowTypes,
    });
    return rows as Row[];
  }

  beforeAll(async () => {
    database = await createDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 1, options: '-c timezone=UTC' });
    await pool.query(fill);
  });
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  return {
    db: {
      query<Row>(statement: Statement<Row>, values: readonly unknown[] = []) {
        names.push(statement.name);
        return run<Row>(statement, values);
      },
    },
    sent() {
      const seen = names;
      names = [];
      return seen;
    },
    query: (text, values = []) => run({ text }, values),
    async planOf(name) {
      const prepared =
        'select statement, generic_plans as "generic" from pg_prepared_statements where name = $1';
      const [found] = await run<{ statement: string; generic: number }>({ text: prepared }, [name]);
      const text = `explain (generic_plan) ${found?.statement}`;
      const lines = await run<{ 'QUERY PLAN': string }>({ text }, []);
      return { plan: lines.map((line) => line['QUERY PLAN']).join('\n'), generic: found?.generic ?? 0 };
    },
  };
}
