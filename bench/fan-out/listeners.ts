/**
 * A process that holds sockets, counts every message that they receive, and reports when all have arrived.
 */
import process from 'node:process';
import { WebSocket } from 'ws';
import { type ConnectOrder, type ExpectOrder, type Order, type Report, wallClock } from './protocol.ts';

/** The sockets of one order, and what they have received since the last order. */
class Crowd {
  readonly #to: string;
  readonly #counts: Uint32Array;
  #arrivals = new Uint32Array(0);
  #lastAt = new Float64Array(0);
  #messages = 0;

  constructor(to: string, sockets: number) {
    this.#to = to;
    this.#counts = new Uint32Array(sockets);
  }

  expect(events: number): void {
    this.#counts.fill(0);
    this.#arrivals = new Uint32Array(events);
    this.#lastAt = new Float64Array(events);
    this.#messages = 0;
  }

  /** Each socket gets each event once and in order, so the number of a message tells which event it is. */
  count(socket: number): void {
    const event = this.#counts[socket] ?? 0;
    if (event >= this.#arrivals.length) throw new Error(`${this.#to}: a message too many came.`);
    this.#counts[socket] = event + 1;
    this.#messages++;
    const arrived = (this.#arrivals[event] ?? 0) + 1;
    this.#arrivals[event] = arrived;
    if (arrived < this.#counts.length) return;
    this.#lastAt[event] = wallClock();
    if (this.#messages < this.#counts.length * this.#arrivals.length) return;
    send({ type: 'complete', to: this.#to, messages: this.#messages, lastAt: [...this.#lastAt] });
  }
}

const crowds = new Map<string, Crowd>();
const atOnce = 100;

process.on('message', (order: Order) => {
  if (order.type === 'connect') void connect(order);
  else expect(order);
});

function send(report: Report): void {
  process.send?.(report);
}

function expect({ to, events }: ExpectOrder): void {
  const crowd = crowds.get(to);
  if (crowd === undefined) throw new Error(`Nobody listens to ${to}.`);
  crowd.expect(events);
  send({ type: 'expecting', to });
}

async function connect(order: ConnectOrder): Promise<void> {
  const { to, sockets, operations } = order;
  const crowd = new Crowd(to, sockets);
  crowds.set(to, crowd);
  crowd.expect(order.missed ?? 0);
  const one = operations.length === 0 ? bare : subscriber;
  for (let start = 0; start < sockets; start += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, sockets - start) }, (_, index) => start + index);
    await Promise.all(some.map((socket) => one(order, socket, () => crowd.count(socket))));
  }
  send({ type: 'connected', to });
}

function bare({ url }: ConnectOrder, _index: number, onMessage: () => void): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', onMessage);
  socket.on('close', (code) => lost(url, code));
  return new Promise((resolve) => socket.once('open', () => resolve()));
}

function subscriber(order: ConnectOrder, index: number, onNext: () => void): Promise<void> {
  const { url, operations, tokens, mute } = order;
  const query = operations[index % operations.length];
  const token = tokens.length === 0 ? undefined : tokens[index % tokens.length];
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  if (mute) socket.on('error', () => undefined);
  else socket.on('close', (code) => lost(url, code));
  const say = (message: object) => socket.send(JSON.stringify(message));
  socket.once('open', () =>
    say({ type: 'connection_init', ...(token && { payload: { authorization: `Bearer ${token}` } }) }),
  );
  return new Promise((resolve) => {
    socket.once('message', () => {
      socket.on('message', (data: Buffer) => {
        if (data.includes('"type":"next"')) onNext();
        else if (data.includes('"type":"pong"')) {
          if (mute) socket.pause();
          resolve();
        } else throw new Error(`An unexpected message came: ${data}`);
      });
      // Like graphql-ws' own client: each id is a UUID.
      say({ id: crypto.randomUUID(), type: 'subscribe', payload: { query } });
      say({ type: 'ping' });
    });
  });
}

function lost(url: string, code: number): never {
  throw new Error(`A socket of ${url} was closed with ${code}.`);
}
