import { Agent, request } from 'node:http';

/** What came of one request. */
export interface Outcome {
  /** 0 where there was no answer. */
  readonly status: number;
  /** Of an error of GraphQL; undefined where there is none. */
  readonly code: string | undefined;
  /** From the moment at which it was to be sent, ms. */
  readonly ms: number;
  /** When it was to be sent, by `performance.now()`. */
  readonly at: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Asks once, by node:http, which costs the client less than `fetch`. */
export function askOnce(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const at = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const settle = (status: number, text: string) => {
    const [, code] = /"errors":.*"code":"([A-Z_]+)"/.exec(text) ?? [];
    resolve({ status, code, ms: performance.now() - at, at });
  };
  const sent = request(`${url}/graphql`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
  });
  sent.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => settle(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
    response.on('error', () => settle(0, ''));
  });
  sent.on('error', () => settle(0, ''));
  sent.end(body);
  return promise;
}

/** So many clients ask again as soon as they are answered, for a while. */
export async function closedLoop(clients: number, ms: number, ask: () => Promise<Outcome>) {
  const until = performance.now() + ms;
  const outcomes: Outcome[] = [];
  const client = async () => {
    while (performance.now() < until) outcomes.push(await ask());
  };
  await Promise.all(Array.from({ length: clients }, client));
  return outcomes;
}

/** So many are asked each second, whether the others are answered or not. */
export async function openLoop(perSecond: number, ms: number, ask: () => Promise<Outcome>) {
  const begun = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - begun) {
    while (outcomes.length < (elapsed / 1_000) * perSecond) outcomes.push(ask());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return Promise.all(outcomes);
}
