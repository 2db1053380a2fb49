import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { type Client, codesOf } from './client.ts';
import { inTime } from './eventually.ts';
import type { Closing } from './live.ts';
import { whenDone } from './when-done.ts';

export interface SocketOptions extends ClientOptions {
  /** The API's subprotocol by default. */
  readonly protocols?: string[];
}

export type Message = { readonly type: string; readonly id?: string; readonly payload?: unknown };

/** A bare WebSocket, for messages that no well-behaved client sends; it closes when the test is done. */
export class Socket {
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<Closing>();
  readonly #messages: Message[] = [];
  #wanted: ((message: Message) => void) | undefined;

  private constructor(url: string, { protocols = ['graphql-transport-ws'], ...options }: SocketOptions) {
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, protocols, options);
    this.#socket.on('message', (data) => this.#receive(JSON.parse(String(data))));
    this.#socket.on('close', (code, reason) => this.#closed.resolve({ code, reason: reason.toString() }));
  }

  /** @throws Error if the upgrade is refused */
  static async open({ url }: Pick<Client, 'url'>, options: SocketOptions = {}): Promise<Socket> {
    const socket = new Socket(url, options);
    whenDone(() => socket.#socket.terminate());
    await inTime(once(socket.#socket, 'open'), 'the upgrade');
    socket.#socket.on('error', () => undefined);
    return socket;
  }

  /** Opens a socket, sends `connection_init` with this payload, and waits for the acknowledgement. */
  static async acknowledged(client: Pick<Client, 'url'>, payload?: Record<string, unknown>): Promise<Socket> {
    const socket = await Socket.open(client);
    socket.send({ type: 'connection_init', payload });
    await socket.receive('connection_ack');
    return socket;
  }

  /** Stops reading from the network until it is resumed. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a closing handshake. */
  drop(): void {
    this.#socket.terminate();
  }

  /** Sends JSON, or a string unchanged. */
  send(message: Message | { readonly type: string; readonly payload?: unknown } | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends bytes in one frame, with the opcode and mask that the options give. */
  sendBytes(bytes: Uint8Array, options: { readonly binary: boolean; readonly mask?: boolean }): void {
    this.#socket.send(bytes, options);
  }

  /** Sends a text in `count` frames. */
  sendFragments(text: string, count: number): void {
    const size = text.length / count;
    for (let n = 0; n < count; n++) {
      this.#socket.send(text.slice(n * size, (n + 1) * size), { fin: n === count - 1 });
    }
  }

  /** The codes of an operation's errors, before or during execution. */
  async codes(): Promise<string[]> {
    const { type, payload } = await this.receive('error', 'next');
    if (type === 'next') await this.receive('complete');
    const errors = isObject(payload) && 'errors' in payload ? payload.errors : payload;
    return Array.isArray(errors) ? codesOf(errors) : [];
  }

  /** The next message, which must have one of these types. */
  async receive(...types: string[]): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    const waiting = this.#messages.shift();
    if (waiting) resolve(waiting);
    else this.#wanted = resolve;
    const closing = this.#closed.promise.then(({ code }) => ({ type: `closed with ${code}` }));
    const message = await inTime(Promise.race([promise, closing]), `a message ${types}`);
    if (!types.includes(message.type)) throw new Error(`Not ${types} but ${JSON.stringify(message)}.`);
    return message;
  }

  /** Waits until it is closed. */
  closed(): Promise<Closing> {
    return inTime(this.#closed.promise, 'the socket to be closed');
  }

  /** The code with which it is closed. */
  async closeCode(): Promise<number> {
    return (await this.closed()).code;
  }

  #receive(message: Message): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) wanted(message);
    else this.#messages.push(message);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
