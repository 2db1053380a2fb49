import { eventually } from '../kit/eventually.ts';
import type { Site } from '../kit/site.ts';
import { withClient } from '../setup/postgres.ts';

/**
 * Lets another transaction come first: it has done its work when each of the others, one after the other, has begun and
 * waits; then it commits.
 * @returns what the others gave
 */
export async function overtaken<T>(
  site: Site,
  [text, ...values]: readonly [text: string, ...values: unknown[]],
  ...others: readonly (() => Promise<T>)[]
): Promise<T[]> {
  return withClient(site.variables.DATABASE_URL ?? '', async (client) => {
    await client.query('begin');
    await client.query(text, values);
    const begun: Promise<T>[] = [];
    for (const other of others) {
      begun.push(other());
      await eventually(async () => (await site.sql(waiting)).length === begun.length);
    }
    await client.query('commit');
    return Promise.all(begun);
  });
}

const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
