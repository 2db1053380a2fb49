import { setTimeout as pause } from 'node:timers/promises';
import { type Bed, makeBed } from './fan-out/bed.ts';
import {
  differentOperations,
  type Rival,
  startBare,
  startQuestline,
  startStock,
  viewerDependent,
} from './fan-out/rivals.ts';
import { figuresOf } from './figures.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

interface Load {
  readonly sockets: number;
  /** In each round. */
  readonly events: number;
  /** Events that are published at once. */
  readonly burst: number;
}

interface Round {
  /** µs of the server's CPU for each message. */
  readonly cpu: number;
  /** From the publication of each event to the last socket, in ms. */
  readonly delays: readonly number[];
}

/**
 * `npm run bench -- fan-out`: what a delivered message costs the server, compared with a bare broadcast and
 * the stock packages. Rounds alternate between them, each server on one core. Every message is counted. Needs
 * Linux and `taskset`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { sockets, rounds } = wholeNumbers(args, { sockets: 5_000, rounds: 7 });
  console.log(`${machine()}; ${sockets} sockets, medians of ${rounds} rounds in turn\n`);
  const one = differentOperations(1);
  const single = { sockets, events: 30, burst: 1 };
  const bursts = { sockets, events: 100, burst: 10 };
  await compare('One operation, one event at a time', rounds, single, [
    (bed) => startQuestline(bed, { operations: one, people: 0 }),
    startBare,
    startStock,
  ]);
  await compare('One operation, ten events at a time', rounds, bursts, [
    (bed) => startQuestline(bed, { operations: one, people: 0 }),
    startBare,
  ]);
  await compare('50 different operations', rounds, single, [
    (bed) => startQuestline(bed, { operations: differentOperations(50), people: 0 }),
  ]);
  await compare('Answers that depend on the viewer, of 50 people', rounds, single, [
    (bed) => startQuestline(bed, { operations: [viewerDependent], people: 50 }),
  ]);
}

async function compare(
  title: string,
  rounds: number,
  load: Load,
  starts: readonly ((bed: Bed) => Promise<Rival>)[],
): Promise<void> {
  await using bed = await makeBed();
  const rivals: { readonly rival: Rival; readonly memory: number; readonly rounds: Round[] }[] = [];
  for (const start of starts) {
    const rival = await start(bed);
    rivals.push({ rival, memory: await connect(bed, rival, load.sockets), rounds: [] });
  }
  for (let round = -1; round < rounds; round++) {
    for (const { rival, rounds: measured } of rivals) {
      const result = await measure(bed, rival, load);
      if (round >= 0) measured.push(result);
    }
  }
  const bare = rivals.find(({ rival }) => rival.name === 'bare ws');
  console.log(`${title}\n`);
  for (const { rival, memory, rounds: measured } of rivals) {
    const cpu = medianCpu(measured);
    const { median, p99 } = figuresOf(measured.flatMap(({ delays }) => delays));
    const ratio = bare ? `, ${(cpu / medianCpu(bare.rounds)).toFixed(2)} × bare` : '';
    console.log(
      `  ${rival.name.padEnd(10)}${cpu.toFixed(2).padStart(6)} µs of CPU a message${ratio}; to the last socket ` +
        `${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; ${(memory / 1024).toFixed(1)} KiB an idle subscriber`,
    );
  }
  console.log('');
}

function medianCpu(rounds: readonly Round[]): number {
  return figuresOf(rounds.map(({ cpu }) => cpu)).median;
}

/** @returns bytes of resident memory per socket */
async function connect(bed: Bed, rival: Rival, sockets: number): Promise<number> {
  const before = await rival.memory();
  const { name: to, socketUrl: url, operations, tokens } = rival;
  const connected = bed.report('connected', to);
  bed.tell({ type: 'connect', to, url, sockets, operations, tokens, mute: false });
  await connected;
  // The last sockets may be answered before they are subscribed.
  await pause(5_000);
  return ((await rival.memory()) - before) / sockets;
}

/** One round: the next events are published when every socket has the previous ones. */
async function measure(bed: Bed, rival: Rival, { sockets, events, burst }: Load): Promise<Round> {
  const before = await rival.cpu();
  const delays: number[] = [];
  for (let sent = 0; sent < events; sent += burst) {
    const delivery = await bed.deliver(rival.name, burst, rival.publish);
    if (delivery.messages !== burst * sockets)
      throw new Error(`${rival.name}: ${delivery.messages} messages came.`);
    delays.push(...delivery.delays);
  }
  return { cpu: (((await rival.cpu()) - before) * 1_000) / (events * sockets), delays };
}
