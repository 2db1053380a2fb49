import { figuresOf } from './figures.ts';
import { askOnce, closedLoop, type Outcome, openConnections, openLoop } from './http-load.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';
import { withServer } from './server.ts';

/** Costs the server several times as much as it costs the client to ask. */
const query = '{ posts(first: 50) { nodes { id title author { id displayName } } } }';
/** Just enough to keep the server busy. */
const clients = 24;
/** Connections that a load balancer would keep open. */
const connections = 1_500;

/** `npm run bench -- overload`: what happens to the requests beyond what the server can carry. */
export async function run(args: readonly string[]): Promise<void> {
  const { seconds, times } = wholeNumbers(args, { seconds: 15, times: 3 });
  console.log(`${machine()}\n`);
  await withServer(
    async ({ url }) => {
      await measure(url, seconds, times);
    },
    { LIMIT_RATE_USER: '0', LIMIT_RATE_ADDRESS: '0' },
  );
}

async function measure(url: string, seconds: number, times: number): Promise<void> {
  const ask = () => askOnce(url, JSON.stringify({ query }));
  await openConnections(url, connections);
  await closedLoop(clients, 2_000, ask);
  const carried = await closedLoop(clients, 4_000, ask);
  const capacity = carried.length / 4;
  console.log(`50 posts with authors: carries ${capacity.toFixed(0)} a second, ${describe(carried)}`);
  const health = watchHealth(url, seconds * 1_000);
  const outcomes = await openLoop(capacity * times, seconds * 1_000, ask);
  const accepted = outcomes.filter(({ status }) => status === 200);
  const refused = outcomes.filter(({ status }) => status === 503);
  console.log(`  ${times} times as many are asked: ${(outcomes.length / seconds).toFixed(0)} a second`);
  console.log(`  accepted ${(accepted.length / seconds).toFixed(0)} a second, ${describe(accepted)}`);
  console.log(
    `  refused ${((100 * refused.length) / outcomes.length).toFixed(0)} %, ${describe(refused)}; ` +
      `${outcomes.length - accepted.length - refused.length} without an answer, ` +
      `${accepted.filter(({ code }) => code !== undefined).length} accepted and failed`,
  );
  console.log(`  ${await health}\n`);
}

function describe(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return 'none';
  const { median, p99, max } = figuresOf(outcomes.map(({ ms }) => ms));
  return `median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, at most ${max.toFixed(0)} ms`;
}

async function watchHealth(url: string, ms: number): Promise<string> {
  const until = performance.now() + ms;
  const times: number[] = [];
  const states = new Set<number>();
  let notReady = 0;
  let looks = 0;
  while (performance.now() < until) {
    const at = performance.now();
    states.add((await fetch(`${url}/healthz`)).status);
    times.push(performance.now() - at);
    looks++;
    if ((await fetch(`${url}/readyz`)).status === 503) notReady++;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { median, p99 } = figuresOf(times);
  return (
    `/healthz ${[...states].join(', ')}, median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; ` +
    `/readyz said 503 in ${notReady} of ${looks} looks`
  );
}
