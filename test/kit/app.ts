import { createApp, type App as Process } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { Client } from './client.ts';
import { Seed } from './seed.ts';
import { createSite, type Site } from './site.ts';
import { whenDone } from './when-done.ts';

/** A running Questline. */
export interface App extends Process {
  readonly site: Site;
  /** A client that is not signed in. */
  readonly client: Client;
  readonly seed: Seed;
}

/** The ordinary settings: quiet, on a free port, empty, and with no delay when it stops. */
const ordinary = {
  NODE_ENV: 'test',
  PORT: '0',
  GRAPHIQL: 'false',
  SEED_DEMO: 'false',
  LOG_LEVEL: 'silent',
  DATABASE_POOL: '10',
  STOP_GRACE: '1ms',
  // Tests send more requests per second than people do; tests of the rate limits set their own.
  LIMIT_RATE_USER: '0',
  LIMIT_RATE_ADDRESS: '0',
};

/**
 * Starts Questline in this process, as a process of its own would start it. It stops when the test is done, or at the
 * end of the file if no test is running.
 * @param variables settings other than the ordinary ones; an empty one counts as not set
 * @param site a new one by default; two apps at one site are two processes of one installation
 */
export async function startApp(variables: Readonly<Record<string, string>> = {}, site?: Site): Promise<App> {
  const at = site ?? (await createSite());
  const process = await createApp(parseConfig({ ...ordinary, ...at.variables, ...variables }));
  whenDone(() => process.close());
  const client = new Client(process.url);
  return { ...process, site: at, client, seed: new Seed(client, at) };
}
