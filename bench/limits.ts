import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Bed, makeBed, type Served } from './fan-out/bed.ts';
import { figuresOf } from './figures.ts';
import type { LoadOrder, LoadReport } from './limits/load.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

/** The largest share of the throughput that the limits may cost. */
const promisedCost = 0.03;

const body = JSON.stringify({
  query: '{ posts(first: 50) { nodes { id title createdAt author { id username displayName } } } }',
});

interface Round extends LoadReport {
  /** CPU time of the server for each request, in µs. */
  readonly cpu: number;
}

/**
 * `npm run bench -- limits`: what the limits cost a query of 50 posts with their authors. Two servers that
 * differ only in their limits share one core and are asked in turn from another. Needs Linux, `taskset`, and
 * a `redis-server` on the PATH.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = wholeNumbers(args, { rounds: 11, seconds: 4, connections: 24 });
  const { rounds, seconds, connections } = options;
  console.log(`${machine()}; ${connections} connections, ${rounds} rounds of ${seconds} s, in turn\n`);
  await using bed = await makeBed();
  // A rate that one machine cannot reach: points are counted, but nothing is refused.
  const far = { LIMIT_RATE_USER: '1000000000', LIMIT_RATE_ADDRESS: '1000000000' };
  const lifted = Object.fromEntries((await namesOfLimits()).map((name) => [name, '0']));
  const withLimits = await serve(bed, far);
  const without = await serve(bed, lifted);
  await writePosts(bed);
  const load = startLoad(bed);
  const measured = { withLimits: [] as Round[], without: [] as Round[] };
  for (let round = -2; round < rounds; round++) {
    const turns = [
      { server: withLimits, into: measured.withLimits },
      { server: without, into: measured.without },
    ];
    // Each of the two goes first equally often.
    if (round % 2 === 0) turns.reverse();
    for (const { server, into } of turns) {
      const result = await measure(load, server, { connections, ms: seconds * 1_000 });
      if (round >= 0) into.push(result);
    }
  }
  tell(measured);
}

async function namesOfLimits(): Promise<string[]> {
  const built = new URL('../dist/config.js', import.meta.url).href;
  const { variableNames }: { readonly variableNames: readonly string[] } = await import(built);
  return variableNames.filter((name) => name.startsWith('LIMIT_'));
}

function serve(bed: Bed, limits: Readonly<Record<string, string>>): Promise<Served> {
  return bed.serve('../../dist/server.js', {
    DATABASE_URL: bed.databaseUrl,
    REDIS_URL: bed.redisUrl,
    DATA_DIR: bed.folder,
    PORT: '0',
    LOG_LEVEL: 'warn',
    SEED_DEMO: 'false',
    ...limits,
  });
}

async function writePosts(bed: Bed): Promise<void> {
  const client = new pg.Client({ connectionString: bed.databaseUrl });
  await client.connect();
  await client.query(
    `with author as (
       insert into account (username, email, display_name)
       select 'author' || number, 'author' || number || '@example.com', 'Author ' || number
       from generate_series(1, 50) as number returning id
     )
     insert into post (author_id, title, body)
     select id, 'Post ' || number, 'A few words, as most posts have them.'
     from author, generate_series(1, 4) as number`,
  );
  await client.query('analyze');
  await client.end();
}

/** Runs on the second core; the servers have the first. */
function startLoad(bed: Bed): ChildProcess {
  const path = fileURLToPath(new URL('limits/load.ts', import.meta.url));
  const load = spawn('taskset', ['-c', '1', process.execPath, '--no-warnings', path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  bed.defer(() => void load.kill('SIGKILL'));
  return load;
}

async function measure(
  load: ChildProcess,
  server: Served,
  order: Pick<LoadOrder, 'connections' | 'ms'>,
): Promise<Round> {
  const before = await server.cpu();
  const over = new AbortController();
  const reported = once(load, 'message', over);
  const ended = once(load, 'exit', over).then(() => {
    throw new Error('The process with the load has ended.');
  });
  load.send({ url: server.url, body, ...order } satisfies LoadOrder);
  const [report]: LoadReport[] = await Promise.race([reported, ended]).finally(() => over.abort());
  if (report === undefined) throw new Error('The load told nothing.');
  return { ...report, cpu: (((await server.cpu()) - before) * 1_000) / report.requests };
}

function tell({ withLimits, without }: Record<'withLimits' | 'without', readonly Round[]>): void {
  const rateOf = ({ requests, took }: Round) => (requests / took) * 1_000;
  const medianOf = (numbers: readonly number[]) => figuresOf(numbers).median;
  for (const [label, rounds] of Object.entries({
    'with all limits': withLimits,
    'without any': without,
  })) {
    const each = (of: (round: Round) => number) => medianOf(rounds.map(of));
    console.log(
      `  ${label.padEnd(16)} ${each(rateOf).toFixed(0).padStart(6)} requests a second, ` +
        `${each(({ cpu }) => cpu).toFixed(0)} µs of CPU each; ` +
        `answered after ${each(({ median }) => median).toFixed(1)} ms, p99 ${each(({ p99 }) => p99).toFixed(1)} ms`,
    );
  }
  // Compares rounds next to each other, because other work on the machine affects both.
  const ratioOf = (of: (round: Round) => number) =>
    medianOf(withLimits.map((round, at) => of(round) / of(without[at] ?? round)));
  const cost = 1 - ratioOf(rateOf);
  console.log(
    `\nBy the medians of the rounds' ratios, the limits cost ${(cost * 100).toFixed(1)} % of the throughput, ` +
      `${cost <= promisedCost ? 'within' : 'NOT WITHIN'} the ${promisedCost * 100} % that they may cost, ` +
      `and ${((ratioOf(({ cpu }) => cpu) - 1) * 100).toFixed(1)} % of CPU.`,
  );
}
