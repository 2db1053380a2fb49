import { createApp, type App as Process } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { Client } from './client.ts';
import { Seed } from './seed.ts';
import { createSite, type Site } from './site.ts';
import { whenDone } from './when-done.ts';

/** A running Questline. */
export interface App extends Process {
  readonly site: Site;
  /** Nobody's client. */
  readonly client: Client;
  readonly seed: Seed;
}

/** Quiet, on a free port, with nothing in it, and with no time to lose at its end. */
const ordinary = {
  NODE_ENV: 'test',
  PORT: '0',
  GRAPHIQL: 'false',
  SEED_DEMO: 'false',
  LOG_LEVEL: 'silent',
  DATABASE_POOL: '10',
  STOP_GRACE: '1ms',
  // Tests ask for more in a second than people do; those of the rates set their own.
  LIMIT_RATE_USER: '0',
  LIMIT_RATE_ADDRESS: '0',
};

/**
 * Starts Questline as a process of its own would; it stops when the test is done, or the file where no test runs.
 * @param variables settings other than the ordinary ones; an empty one is as if it were not set
 * @param site left out, one of its own; two apps at one site are two processes of one installation
 */
export async function startApp(variables: Readonly<Record<string, string>> = {}, site?: Site): Promise<App> {
  const at = site ?? (await createSite());
  const process = await createApp(parseConfig({ ...ordinary, ...at.variables, ...variables }));
  whenDone(() => process.close());
  const client = new Client(process.url);
  return { ...process, site: at, client, seed: new Seed(client, at) };
}
