/** A process that receives one attack over the IPC channel of Node.js, runs it, and ends. */
import { setPriority } from 'node:os';
import process from 'node:process';
import type { Prey } from './attack.ts';
import { attacks } from './attacks.ts';
import { Tally } from './tally.ts';

export interface Order {
  readonly attack: string;
  readonly url: string;
  readonly prey: Prey;
  readonly ms: number;
}

export interface Told {
  /** The outcomes of what was sent. */
  readonly outcomes: string;
  /** How often the server reported an internal error. */
  readonly internalErrors: number;
}

/** The server has priority on the processor: the attacker's own work should not affect the results. */
setPriority(10);

process.once('message', (order: Order) => {
  // What fails because the time is over or the server is gone has been counted already.
  process.on('unhandledRejection', () => undefined);
  void run(order).finally(() => process.exit());
});

async function run({ attack: name, url, prey, ms }: Order): Promise<void> {
  const attack = attacks[name];
  if (attack === undefined) throw new Error(`There is no attack ${name}.`);
  const signal = AbortSignal.timeout(ms);
  const tally = new Tally();
  await attack.run({ url, prey, signal, tally }).catch((error: unknown) => {
    if (!signal.aborted) tally.add(`the attack failed: ${error}`);
  });
  const told: Told = {
    outcomes: tally.toString(),
    internalErrors: tally.countOf('INTERNAL_SERVER_ERROR'),
  };
  await new Promise<void>((resolve) => process.send?.(told, () => resolve()));
}
