import { type Abuse, abuses, messageOf, requestOf } from '../../test/api/abuse.ts';
import { figuresOf } from '../figures.ts';
import { post } from './http.ts';
import { openWire } from './socket.ts';
import { Tally } from './tally.ts';

interface AbuseTime {
  readonly name: string;
  /** Medians, in ms. */
  readonly http: number;
  readonly socket: number;
}

/** In ms. */
const promised = 100;
const runs = 5;
/** Documents that take longer than this, in ms, are not sent again. */
const long = 1_000;
/** A document that is not refused within this time, in ms, counts as not refused. */
const patience = 5_000;

/** Times each abusive document and prints the slowest. @returns whether all are refused in time */
export async function areAbusesRefusedInTime(url: string): Promise<boolean> {
  const times = await timeAbuses(url);
  const late = times.filter((time) => slower(time) >= promised);
  console.log(
    `\n${times.length} abusive documents one after the other, ${late.length} of them not under ${promised} ms; ` +
      'the slowest, medians over HTTP and WebSocket:',
  );
  for (const { name, http, socket } of times.slice(0, 10))
    console.log(`  ${http.toFixed(1).padStart(8)} ms ${socket.toFixed(1).padStart(8)} ms  ${name}`);
  console.log('');
  return late.length === 0;
}

/** How long each abusive document takes to be refused on an idle server, slowest first. */
async function timeAbuses(url: string): Promise<AbuseTime[]> {
  const times: AbuseTime[] = [];
  for (const [index, abuse] of abuses.entries()) {
    // A refusal costs the address points, so each address is used for one document only.
    const address = `203.0.${index + 1}.1`;
    const http = await medianOf(() => overHttp(url, abuse, address));
    const socket = await medianOf(() => overWebSocket(url, abuse, address));
    times.push({ name: abuse.name, http, socket });
  }
  return times.toSorted((one, other) => slower(other) - slower(one));
}

function slower({ http, socket }: AbuseTime): number {
  return Math.max(http, socket);
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  while (times.length < runs && times.every((time) => time < long))
    times.push(await measure().catch(() => patience));
  return figuresOf(times).median;
}

async function overHttp(url: string, abuse: Abuse, address: string): Promise<number> {
  const target = { url, signal: AbortSignal.timeout(patience) };
  const at = performance.now();
  await post(target, requestOf(abuse), { address });
  return performance.now() - at;
}

/** Does not include the time to connect. */
async function overWebSocket(url: string, abuse: Abuse, address: string): Promise<number> {
  const target = { url, signal: AbortSignal.timeout(patience), tally: new Tally() };
  const answered = Promise.withResolvers<void>();
  const wire = await openWire(target, () => answered.resolve(), { address });
  const at = performance.now();
  wire.send(messageOf(abuse, 'x'));
  await Promise.race([answered.promise, wire.closed]);
  const time = performance.now() - at;
  wire.close();
  return time;
}
