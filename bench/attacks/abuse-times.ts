import { setTimeout as pause } from 'node:timers/promises';
import { abuses, messageOf, requestOf } from '../../test/api/abuse.ts';
import { figuresOf } from '../figures.ts';
import { post } from './http.ts';
import { openWire } from './socket.ts';
import { Tally } from './tally.ts';

export interface AbuseTime {
  readonly name: string;
  /** Medians, ms. */
  readonly http: number;
  readonly socket: number;
}

const runs = 5;

/** How long each abusive document takes to be refused, while nothing else is asked; the slowest first. */
export async function timeAbuses(url: string): Promise<AbuseTime[]> {
  const times: AbuseTime[] = [];
  for (const [index, abuse] of abuses.entries()) {
    // What is refused costs its address something: none is here twice.
    const address = `203.0.${index + 1}.1`;
    const target = { url, signal: AbortSignal.timeout(60_000), tally: new Tally() };
    const answers: (() => void)[] = [];
    const wire = await openWire(target, () => answers.shift()?.(), { address });
    const http: number[] = [];
    const socket: number[] = [];
    for (let run = 0; run < runs; run++) {
      http.push(await timeOf(() => post(target, requestOf(abuse), { address })));
      socket.push(
        await timeOf(
          () =>
            new Promise<void>((resolve) => {
              answers.push(resolve);
              void wire.closed.then(() => resolve());
              wire.send(messageOf(abuse, `${run}`));
            }),
        ),
      );
      // `complete` may come after the answer.
      await pause(5);
    }
    wire.close();
    times.push({ name: abuse.name, http: figuresOf(http).median, socket: figuresOf(socket).median });
  }
  return times.toSorted((one, other) => slower(other) - slower(one));
}

export function slower({ http, socket }: AbuseTime): number {
  return Math.max(http, socket);
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const at = performance.now();
  await work();
  return performance.now() - at;
}
