import { FaultProxy } from './fault-proxy.ts';
import { createSite, type Site } from './site.ts';
import { whenDone } from './when-done.ts';

/** A site that is reached through proxies, which can simulate faults of the network. */
export interface FaultySite {
  /** For the processes that should feel the faults. */
  readonly site: Site;
  readonly postgres: FaultProxy;
  readonly redis: FaultProxy;
}

/** Puts one proxy before PostgreSQL and one before Redis; the site's own `sql` bypasses them. */
export async function createFaultySite(): Promise<FaultySite> {
  const direct = await createSite();
  const { DATABASE_URL = '', REDIS_URL = '' } = direct.variables;
  const [postgres, redis] = await Promise.all([FaultProxy.open(DATABASE_URL), FaultProxy.open(REDIS_URL)]);
  whenDone(() => Promise.all([postgres.close(), redis.close()]));
  const variables = {
    ...direct.variables,
    DATABASE_URL: postgres.urlOf(DATABASE_URL),
    REDIS_URL: redis.urlOf(REDIS_URL),
  };
  return { site: { ...direct, variables }, postgres, redis };
}
