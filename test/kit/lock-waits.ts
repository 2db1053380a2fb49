import type { Site } from './site.ts';

/**
 * How many statements of a site wait for a lock. That somebody is active is recorded aside, at any moment, so that
 * statement does not count.
 */
export async function lockWaits({ sql }: Pick<Site, 'sql'>): Promise<number> {
  return (await sql(waiting)).length;
}

const waiting = `select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query not like '%user.active%'`;
