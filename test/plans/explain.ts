import type pg from 'pg';
import type { Sent } from './sent.ts';

/** A node of a plan in the format of `explain (format json)`. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** One run of a statement; times are in ms. */
export interface Run {
  readonly Plan: PlanNode;
  readonly 'Planning Time': number;
  readonly 'Execution Time': number;
}

/** Runs a statement repeatedly, and returns the plan of each run. */
export type Runner = () => Promise<Run>;

/**
 * Prepares a statement as the server does. From the sixth run on, PostgreSQL may use one generic plan for all values,
 * unless it is set to plan for the values each time.
 */
export async function prepare(client: pg.ClientBase, { name, text, values }: Sent): Promise<Runner> {
  await client.query('deallocate all');
  await client.query(`set plan_cache_mode = ${name === undefined ? 'force_custom_plan' : 'auto'}`);
  await client.query(`prepare asked as ${text}`);
  const given = values.length === 0 ? '' : `(${values.map(literalOf).join(', ')})`;
  return async () => {
    const { rows } = await client.query(`explain (analyze, timing off, format json) execute asked ${given}`);
    return rows[0]['QUERY PLAN'][0];
  };
}

/** The value as a literal, as the driver would send it. */
function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return literalOf(value.toISOString());
  if (Array.isArray(value))
    return literalOf(`{${value.map((element) => JSON.stringify(element)).join(',')}}`);
  return `'${String(value).replaceAll("'", "''")}'`;
}
