import { WebSocket } from 'ws';
import { codesOf } from '../kit/client.ts';
import { inTime } from '../kit/eventually.ts';
import { present } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';

/** The result of an operation: its distinct error codes, sorted. */
export type Outcome = readonly string[];

interface Received {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** In ms: a subscription that has not failed by then is taken to go on. */
const goesOn = 40;

/** A socket for any number of simultaneous operations, which must stay open for the whole test. */
export class FuzzSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: Received) => void>();
  readonly #closing = Promise.withResolvers<never>();
  /** Why it was closed, if it was. */
  closed: string | undefined;
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message: Received = JSON.parse(String(data));
      this.#waiting.get(message.id ?? message.type)?.(message);
    });
    socket.on('close', (code, reason) => {
      this.closed = `The socket was closed with ${code} ${reason}.`;
      this.#closing.reject(new Error(this.closed));
    });
    this.#closing.promise.catch(() => undefined);
    socket.on('error', () => undefined);
  }

  static async open(url: string, authorization?: string): Promise<FuzzSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    whenDone(() => socket.terminate());
    const opened = new FuzzSocket(socket);
    await inTime(new Promise((resolve) => socket.once('open', resolve)), 'the upgrade');
    const acknowledged = opened.#next('connection_ack');
    socket.send(JSON.stringify({ type: 'connection_init', payload: authorization ? { authorization } : {} }));
    await acknowledged;
    return opened;
  }

  /** A subscription that must not be disturbed; returns a function that waits for its next event. */
  subscribe(query: string): () => Promise<unknown> {
    const id = 'healthy';
    const received: Received[] = [];
    let wake: () => void = () => undefined;
    this.#waiting.set(id, (message) => {
      received.push(message);
      wake();
    });
    this.#socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
    return async () => {
      while (received.length === 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await inTime(promise, 'an event of the healthy subscription');
      }
      const { type, payload } = present(received.shift());
      if (type !== 'next')
        throw new Error(`The healthy subscription got ${type}: ${JSON.stringify(payload)}`);
      return payload;
    };
  }

  /** @param payload the operation as JSON */
  async ask(payload: string, isSubscription: boolean): Promise<Outcome> {
    const id = `${this.#count++}`;
    const codes: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(id, ({ type, payload: sent }) => {
      codes.push(...codesIn(type === 'next' ? Object(sent).errors : sent));
      if (type !== 'next' || isSubscription) resolve();
    });
    this.#socket.send(`{"id":"${id}","type":"subscribe","payload":${payload}}`);
    if (isSubscription) setTimeout(resolve, goesOn);
    try {
      await Promise.race([inTime(promise, 'the answer over WebSocket'), this.#closing.promise]);
    } finally {
      this.#waiting.delete(id);
    }
    if (isSubscription) this.#socket.send(JSON.stringify({ id, type: 'complete' }));
    return [...new Set(codes)].sort();
  }

  #next(type: string): Promise<void> {
    return inTime(
      new Promise<void>((resolve) => {
        this.#waiting.set(type, () => {
          this.#waiting.delete(type);
          resolve();
        });
      }),
      type,
    );
  }
}

function codesIn(errors: unknown): string[] {
  return Array.isArray(errors) ? codesOf(errors) : [];
}
