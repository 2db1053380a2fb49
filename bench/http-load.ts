import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The outcome of one request. */
export interface Outcome {
  /** 0 if there was no answer. */
  readonly status: number;
  /** The code of a GraphQL error; undefined if there is none. */
  readonly code: string | undefined;
  /** Counted from when it was due to be sent, in ms. */
  readonly ms: number;
  /** When it was due to be sent, by `performance.now()`. */
  readonly at: number;
}

/** Idle connections, by the URL of their server. */
const idle = new Map<string, Socket[]>();

/**
 * Opens connections and keeps them, like a load balancer. Node.js accepts one new connection per turn of its
 * event loop. Those that wait for it are invisible to the server, so a load made only of new connections
 * would measure little else.
 */
export async function openConnections(url: string, count: number): Promise<void> {
  const { hostname: host, port } = new URL(url);
  const free = idle.get(url) ?? [];
  idle.set(url, free);
  for (let opened = 0; opened < count; opened++) {
    const socket = connect({ host, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    free.push(socket);
  }
}

/** Sends one request with the minimum of HTTP, so that the client costs less than the server. */
export function askOnce(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const at = performance.now();
  const { hostname: host, port } = new URL(url);
  const free = idle.get(url) ?? [];
  idle.set(url, free);
  const socket = free.pop() ?? connect({ host, port: Number(port), noDelay: true });
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let text = '';
  const settle = (status: number) => {
    socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
    socket.on('error', () => undefined);
    if (status === 0) socket.destroy();
    else {
      socket.once('close', () => free.splice(free.indexOf(socket), free.includes(socket) ? 1 : 0));
      free.push(socket);
    }
    const [, code] = /"errors":.*"code":"([A-Z_]+)"/.exec(text) ?? [];
    resolve({ status, code, ms: performance.now() - at, at });
  };
  socket.removeAllListeners('close').on('error', () => settle(0));
  socket.on('close', () => settle(0));
  socket.on('data', (data) => {
    text += data.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(text) ?? [];
    if (head > 0 && text.length >= head + 4 + Number(length)) settle(Number(text.slice(9, 12)));
  });
  const lines = Object.entries({
    host: `${host}:${port}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  return promise;
}

/** Each of the clients sends its next request as soon as the last is answered, for `ms`. */
export async function closedLoop(
  clients: number,
  ms: number,
  ask: () => Promise<Outcome>,
): Promise<Outcome[]> {
  const until = performance.now() + ms;
  const outcomes: Outcome[] = [];
  const client = async () => {
    while (performance.now() < until) outcomes.push(await ask());
  };
  await Promise.all(Array.from({ length: clients }, client));
  return outcomes;
}

/** Sends this many requests per second, whether earlier ones are answered or not. */
export async function openLoop(
  perSecond: number,
  ms: number,
  ask: () => Promise<Outcome>,
): Promise<Outcome[]> {
  const begun = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - begun) {
    while (outcomes.length < (elapsed / 1_000) * perSecond) outcomes.push(ask());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return Promise.all(outcomes);
}
