import type { Site } from './site.ts';

/**
 * The number of statements of a site that wait for a lock. The statement that records activity does not count, because
 * it runs in the background at any moment.
 */
export async function lockWaits({ sql }: Pick<Site, 'sql'>): Promise<number> {
  return (await sql(waiting)).length;
}

const waiting = `select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query not like '%user.active%'`;
