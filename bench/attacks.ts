import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Attack, Ground, Prey } from './attacks/attack.ts';
import type { Order, Told } from './attacks/attacker.ts';
import { attacks } from './attacks/attacks.ts';
import { password as attackersPassword } from './attacks/names.ts';
import { Prober, type Seen } from './attacks/prober.ts';
import { openStage, type Served, type Stage } from './attacks/stage.ts';
import { figuresOf } from './figures.ts';
import { ask } from './graphql.ts';
import { machine } from './machine.ts';

/** The limits that hold for everybody else during an attack; in ms and MB. */
const promised = { healthz: 250, query: 500, memory: 250 };
/** How long an attack runs if it does not say, in s. */
const usualSeconds = 6;
/**
 * The time before an attack, so that code is compiled and the heap has grown; and after it, for its effects;
 * in ms.
 */
const warmUp = 3_000;
const aftermath = 1_500;

interface Result extends Seen {
  readonly name: string;
  /** Growth of resident memory, in bytes. */
  readonly growth: number;
  readonly survived: boolean;
  readonly internalErrors: number;
}

/**
 * `npm run bench -- attacks [name …]`: what everybody else sees of a server under attack. Each attack gets a
 * fresh server, configured as in production. It runs in a separate process with a lower priority, and ends by
 * itself.
 */
export async function run(args: readonly string[]): Promise<void> {
  const names = args.length === 0 ? Object.keys(attacks) : args;
  const unknown = names.filter((name) => attacks[name] === undefined);
  if (unknown.length > 0) {
    console.error(`There is no attack ${unknown.join(', ')}; there are ${Object.keys(attacks).join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  console.log(`${machine()}\n\n${row(head)}`);
  await using stage = await openStage();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(
      signal,
      () => void Promise.resolve(stage[Symbol.asyncDispose]()).finally(() => process.exit(1)),
    );
  let kept = true;
  for (const name of names) {
    const attack = attacks[name];
    if (attack !== undefined && !(await measure(stage, name, attack))) kept = false;
  }
  console.log(
    `\nPromised: healthz under ${promised.healthz} ms, a query under ${promised.query} ms at the median, ` +
      `less than ${promised.memory} MB more, no internal error: ${kept ? 'kept' : 'NOT KEPT'}.`,
  );
  if (!kept) process.exitCode = 1;
}

/** @returns whether all limits were kept */
async function measure(stage: Stage, name: string, attack: Attack): Promise<boolean> {
  const server = await stage.serve();
  try {
    const isAtFirst = (await attack.isKeptAtFirst?.(server.url)) ?? true;
    const signIn = (username: string) => tokenOf(server.url, username, attackersPassword);
    const ground: Ground = { url: server.url, sql: stage.sql, oldCursor: stage.oldCursor, signIn };
    const prey = (await attack.prepare?.(ground)) ?? {};
    const prober = new Prober({
      server,
      token: await tokenOf(server.url, 'user', 'password'),
      signIn: attack.othersSignIn ? signInBody('user', 'password') : undefined,
    });
    await pause(warmUp);
    const before = await server.memory();
    prober.begin();
    const told = await perform(name, attack, server, prey);
    await pause(aftermath);
    const survived = server.isRunning;
    const seen = await prober.end();
    const { outcomes, internalErrors } = told;
    const keeps = tell({ ...seen, name, growth: seen.memory - before, survived, internalErrors });
    console.log(`${' '.repeat(20)}${attack.summary}: ${outcomes}`);
    return keeps && isAtFirst;
  } finally {
    await server.kill();
  }
}

/** @returns the attacker's report */
async function perform(name: string, attack: Attack, { url }: Served, prey: Prey): Promise<Told> {
  const ms = (attack.seconds ?? usualSeconds) * 1_000;
  const attacker = fork(fileURLToPath(new URL('attacks/attacker.ts', import.meta.url)), {
    execArgv: ['--no-warnings'],
  });
  let told: Told = { outcomes: 'the attacker told nothing', internalErrors: 0 };
  attacker.on('message', (message: Told) => {
    told = message;
  });
  attacker.send({ attack: name, url, prey, ms } satisfies Order);
  const late = setTimeout(() => attacker.kill('SIGKILL'), ms + 5_000);
  await once(attacker, 'exit');
  clearTimeout(late);
  return told;
}

const head = ['attack', 'healthz max', 'query median', 'p99', 'failed', 'memory', 'lives', ''] as const;

function row([name = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(18)}${cells.map((cell) => cell.padStart(14)).join('')}`;
}

function tell(result: Result): boolean {
  const { name, healthz, queries, signIns, failures, growth, survived, internalErrors } = result;
  const health = figuresOf(healthz).max;
  const query = figuresOf(queries);
  const broken = [
    ...(survived ? [] : ['process']),
    ...(health < promised.healthz ? [] : ['healthz']),
    ...(query.median < promised.query ? [] : ['query']),
    ...(growth / 1e6 < promised.memory ? [] : ['memory']),
    ...(internalErrors === 0 ? [] : [`${internalErrors} internal errors`]),
  ];
  const cells = [
    `${health.toFixed(0)} ms`,
    `${query.median.toFixed(0)} ms`,
    `${query.p99.toFixed(0)} ms`,
    `${failures.length}`,
    `${(growth / 1e6).toFixed(0)} MB`,
    survived ? 'yes' : 'NO',
    broken.length === 0 ? '  kept' : `  NOT KEPT: ${broken.join(', ')}`,
  ];
  console.log(row([name, ...cells]));
  if (signIns.length > 0) {
    const { median, max } = figuresOf(signIns);
    console.log(`${' '.repeat(20)}another's sign-in: ${median.toFixed(0)} ms, at most ${max.toFixed(0)} ms`);
  }
  const reasons = Object.entries(Object.groupBy(failures, (failure) => failure));
  for (const [reason, some = []] of reasons.slice(0, 3))
    console.log(`${' '.repeat(20)}failed: ${some.length} × ${reason}`);
  return broken.length === 0;
}

const signInMutation =
  'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken userErrors { code } } }';

function signInBody(login: string, password: string): string {
  return JSON.stringify({ query: signInMutation, variables: { input: { login, password } } });
}

async function tokenOf(url: string, login: string, password: string): Promise<string> {
  const { signIn } = await ask<{ signIn: { accessToken: string } }>(url, signInMutation, {
    variables: { input: { login, password } },
  });
  return signIn.accessToken;
}
