import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Target } from './attack.ts';

/** The address of all attackers; those who should still be served have other addresses. */
export const attackersAddress = '198.51.100.7';

const agent = new Agent({ keepAlive: true });

export interface Sender {
  readonly token?: string | undefined;
  /** The address that the request seems to come from; if left out, that of all attackers. */
  readonly address?: string;
}

/** Only the beginning of an answer is kept, which has its code or its ids. */
export interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly beginning: string;
}

const longestBeginning = 64 * 1024;

/** Sends the JSON of a GraphQL request. @throws Error if the connection fails, or the time is over */
export function post(
  { url, signal }: Pick<Target, 'url' | 'signal'>,
  body: string,
  { token, address = attackersAddress }: Sender = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(`${url}/graphql`, {
    method: 'POST',
    agent,
    signal,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-forwarded-for': address,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    let bytes = 0;
    let beginning = '';
    response.on('error', reject);
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (beginning.length < longestBeginning) beginning += chunk.toString();
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes, beginning }));
  });
  sent.end(body);
  return promise;
}

/** The outcome of an answer: its status and the first code in it. */
export function outcomeOf({ status, beginning }: Answer): string {
  const [, code] = /"code":"([A-Z_]+)"/.exec(beginning) ?? [];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** Repeats the work, with so many running at once, until the time is over; each call gets its number. */
export async function again(
  { signal, tally }: Pick<Target, 'signal' | 'tally'>,
  atOnce: number,
  work: (turn: number) => Promise<string | undefined>,
): Promise<void> {
  let turns = 0;
  const one = async () => {
    while (!signal.aborted) {
      try {
        const outcome = await work(turns++);
        if (outcome !== undefined) tally.add(outcome);
      } catch (error) {
        if (signal.aborted) return;
        tally.add(nameOf(error));
        // If the server is gone, connections fail at once.
        await pause(50);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Repeats a POST and counts the outcomes. */
export function postAgain(
  target: Target,
  atOnce: number,
  bodyOf: (turn: number) => string,
  sender: Sender = {},
): Promise<void> {
  return again(target, atOnce, async (turn) => outcomeOf(await post(target, bodyOf(turn), sender)));
}

export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

/** Waits, unless the time is over earlier. */
export async function rest(signal: AbortSignal, ms: number): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
