import type { App } from './app.ts';

/**
 * Statements that a process sends by itself. `orm` is BEGIN and COMMIT, also of the relay and the workers. A session is
 * read if its lease has just run out.
 */
const background =
  /^(relay|feed|cursor|retention|pipeline|signals|outbox|sweeper|activity|app)\.|^(orm|session\.(touch|live))$/;

const sample = /^questline_database_statements_total\{statement="([^"]+)"\} (\d+)$/gm;

/**
 * Counts how often each SQL statement is sent for a piece of work. What the process sends by itself is left out. Make
 * sure first that nothing else is at work on this app, above all with `site.settled()`.
 */
export async function statements(
  { url }: Pick<App, 'url'>,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await sent(url);
  await work();
  const after = await sent(url);
  const differences = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(differences.filter(([name, count]) => count > 0 && !background.test(name)));
}

async function sent(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map([...text.matchAll(sample)].map(([, name = '', count]) => [name, Number(count)]));
}
