import { expect, test, vi } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import { createSite } from '../kit/site.ts';
import { present } from '../kit/unique.ts';

/** What decision 22 says about the defaults of libraries, as far as it is visible from outside. */
const plain = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

test('Apollo Server writes no plain text, and reports to nobody, whatever its own variables say', async () => {
  const spies = plain.map((method) => vi.spyOn(console, method).mockImplementation(() => undefined));
  vi.stubEnv('APOLLO_KEY', ' service:graph:key ');
  vi.stubEnv('APOLLO_GRAPH_REF', 'graph@current');
  vi.stubEnv('APOLLO_SCHEMA_REPORTING', 'true');
  try {
    const { client } = await startApp();
    expect((await client.post({ query: '{ __typename }' })).status).toBe(200);
    expect(spies.flatMap(({ mock }) => mock.calls)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
});

interface Wallet {
  readonly gold: number;
  readonly entries: { readonly nodes: readonly { readonly createdAt: string }[] };
}

/** Settings that an operator may have made for all clients of a database or a role. */
const foreign = [
  'standard_conforming_strings = off',
  `datestyle = 'German, DMY'`,
  `intervalstyle = 'iso_8601'`,
  `timezone = 'Asia/Kathmandu'`,
  'extra_float_digits = -15',
  `bytea_output = 'escape'`,
  `default_transaction_isolation = 'serializable'`,
];

test('what the database sets for its clients makes no difference', async () => {
  const site = await createSite();
  const [{ name } = { name: '' }] = await site.sql<{ name: string }>('select current_database() as name');
  for (const setting of foreign) await site.sql(`alter database "${name}" set ${setting}`);
  const { seed } = await startApp({}, site);
  const person = await seed.user().withGold(10);
  for (const title of [`\\'; select 1 --`, `a\\`, `\\\\''\\`, `it's \\x41 \\n \\u0041`]) {
    const body = `${title} once more`;
    expect(await seed.post(person, { title, body })).toMatchObject({ title, body });
  }
  const asked = '{ viewer { wallet { gold entries { nodes { createdAt } } } } }';
  const { body } = await person.client.post<{ viewer: { wallet: Wallet } }>({ query: asked });
  const { gold, entries } = present(body.data).viewer.wallet;
  expect([gold, entries.nodes.length]).toEqual([10, 1]);
  const age = Date.now() - Date.parse(present(entries.nodes[0]).createdAt);
  expect(Math.abs(age)).toBeLessThan(600_000);
  const { eventType } = await seed.quest({
    rewards: [{ rewardId: (await seed.reward()).id }],
    autoClaim: true,
  });
  await seed.event(person, eventType);
  await site.settled();
  const wallet = await person.client.post({ query: '{ viewer { wallet { gold } } }' });
  expect(wallet.body).toEqual({ data: { viewer: { wallet: { gold: 20 } } } });
});

test('a Redis that takes no writes any more is left, for its name may lead to another one', async () => {
  const redis = await startOwnRedis();
  const { client, seed } = await startApp({ REDIS_URL: redis.url });
  const { username } = await seed.user();
  const guess = `mutation { signIn(input: { login: "${username}", password: "wrong" }) { accessToken } }`;
  // All connections except the one that runs the query.
  const connections = async () =>
    String(await redis.command('client', 'list'))
      .split('\n')
      .flatMap((line) => (line.includes('cmd=client|list') ? [] : (/^id=(\d+)/.exec(line)?.[1] ?? [])));
  const before = await connections();
  await redis.command('replicaof', '127.0.0.1', '1');
  await eventually(async () => {
    await client.post({ query: guess });
    const now = await connections();
    return before.some((id) => !now.includes(id));
  });
});
