import { setTimeout as delay } from 'node:timers/promises';
import { type Bed, makeBed, newcomer, type Server, stop } from './bed.ts';
import { figuresOf } from './figures.ts';
import { askOnce, type Outcome } from './http-load.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

const people = 10;
/** Between two requests of one person, in ms: an ordinary load, so that only the outage causes errors. */
const pace = 500;
const reading = '{ viewer { id } rewards(first: 5) { nodes { id } } }';
const writing = `mutation { createPost(input: { title: "A post", body: "A few words." }) { post { id } userErrors { code } } }`;

/**
 * `npm run bench -- outages`: what is answered while Redis or PostgreSQL is unreachable, and how a server
 * stops then.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { redis, postgres } = wholeNumbers(args, { redis: 30, postgres: 20 });
  console.log(`${machine()}; ${people} people, each with a query and a mutation every ${pace} ms\n`);
  await using bed = await makeBed();
  const server = await bed.serve();
  await redisAway(bed, server, redis * 1_000);
  await postgresAway(bed, server, 'frozen', postgres * 1_000);
  await postgresAway(bed, server, 'cut off from what is open', postgres * 1_000);
  await stopping(bed, server);
}

async function redisAway(bed: Bed, server: Server, ms: number): Promise<void> {
  for (const [name, fault] of Object.entries({ gone: { refuses: true }, silent: { silent: true } })) {
    const load = await begin(server);
    await delay(3_000);
    bed.redis.set(fault);
    if ('refuses' in fault) bed.redis.cut();
    await delay(ms);
    bed.redis.set({});
    await delay(3_000);
    tell(`Redis ${name} for ${ms / 1_000} s`, await load.end());
  }
}

async function postgresAway(bed: Bed, server: Server, name: string, ms: number): Promise<void> {
  const load = await begin(server);
  await delay(3_000);
  const from = performance.now();
  if (name === 'frozen') {
    bed.postgres.set({ silent: true });
    await delay(ms);
    bed.postgres.set({});
  } else bed.postgres.silenceOpen();
  const back = performance.now();
  const ready = await readyAfter(server);
  await delay(30_000 - (performance.now() - back));
  const outcomes = await load.end();
  tell(`PostgreSQL ${name}`, outcomes);
  const failures = outcomes.filter(({ at, status, code }) => at >= from && !isWell({ status, code }));
  const last = failures.at(-1);
  console.log(
    `  ready ${((ready - back) / 1_000).toFixed(1)} s after it was back, the last failure ` +
      `${last ? ((last.at + last.ms - back) / 1_000).toFixed(1) : 'never, 0.0'} s after`,
  );
}

async function stopping(bed: Bed, first: Server): Promise<void> {
  let server = first;
  for (const which of ['postgres', 'redis'] as const) {
    const load = await begin(server);
    await delay(1_000);
    bed[which].set({ silent: true });
    await delay(2_000);
    const { code, ms } = await stop(server);
    console.log(`SIGTERM with a silent ${which}: exit code ${code} after ${(ms / 1_000).toFixed(1)} s`);
    bed[which].set({});
    await load.end();
    if (which === 'postgres') server = await bed.serve();
  }
}

async function readyAfter({ url }: Server): Promise<number> {
  for (;;) {
    const { status } = await fetch(`${url}/readyz`);
    if (status === 200) return performance.now();
    await delay(50);
  }
}

let names = 0;

/** All people send requests at this pace, whether they are answered or not. */
async function begin({ url }: Server) {
  const tokens: string[] = [];
  for (let count = 0; count < people; count++) tokens.push((await newcomer(url, `person${names++}`)).token);
  const outcomes: Promise<Outcome>[] = [];
  const timer = setInterval(() => {
    for (const token of tokens)
      for (const query of [reading, writing])
        outcomes.push(askOnce(url, JSON.stringify({ query }), { authorization: `Bearer ${token}` }));
  }, pace);
  return {
    async end() {
      clearInterval(timer);
      return (await Promise.all(outcomes)).toSorted((one, other) => one.at - other.at);
    },
  };
}

function isWell({ status, code }: Pick<Outcome, 'status' | 'code'>): boolean {
  return status === 200 && code === undefined;
}

function tell(name: string, outcomes: readonly Outcome[]): void {
  const well = outcomes.filter(isWell);
  const { median, p99, max } = figuresOf(outcomes.map(({ ms }) => ms));
  const failures = Map.groupBy(
    outcomes.filter((outcome) => !isWell(outcome)),
    ({ status, code }) => `${status} ${code ?? ''}`.trim(),
  );
  const kinds = [...failures].map(([kind, { length }]) => `${kind}: ${length}`).join(', ');
  console.log(
    `${name}: ${outcomes.length} requests, ${((100 * well.length) / outcomes.length).toFixed(2)} % well` +
      `${kinds ? ` (${kinds})` : ''}; median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, at most ${max.toFixed(0)} ms`,
  );
}
