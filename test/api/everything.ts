import type { Site } from '../kit/site.ts';

/** All that the database holds, once nothing is left to be done by itself: to show that nothing changed. */
export async function everything(site: Site): Promise<string> {
  await site.settled();
  const tables = await site.sql<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  return site.contents(...tables.map(({ name }) => name));
}
