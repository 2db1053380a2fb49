import { connect, type Socket } from 'node:net';
import { inTime } from './eventually.ts';
import { whenDone } from './when-done.ts';

/** A bare TCP connection, for requests that no HTTP client sends. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #closed = Promise.withResolvers<void>();
  #heard = '';
  #onData: () => void = () => undefined;

  /** @param url the URL of the server */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding('latin1').on('data', (data) => {
      this.#heard += String(data);
      this.#onData();
    });
    // A server that refuses may close before it has read everything.
    this.#socket.on('error', () => undefined).once('close', () => this.#closed.resolve());
    whenDone(() => this.#socket.destroy());
  }

  write(bytes: string | Uint8Array): this {
    this.#socket.write(bytes);
    return this;
  }

  /** Waits until everything has been sent. */
  async written(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.write('', () => resolve());
    await Promise.race([promise, this.#closed.promise]);
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Ends the connection with a RST, whatever is under way. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Everything received, once the other side has closed. */
  async toTheEnd(): Promise<string> {
    await inTime(this.#closed.promise, `the end after ${JSON.stringify(this.#heard)}`);
    return this.#heard;
  }

  /** Everything received, once it contains this text. */
  async until(text: string | RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => this.#heard.search(text) !== -1 && resolve();
    this.#onData = look;
    look();
    const early = this.#closed.promise.then(() => {
      if (this.#heard.search(text) === -1) throw new Error(`Closed after ${JSON.stringify(this.#heard)}.`);
    });
    await inTime(Promise.race([promise, early]), `${text} after ${JSON.stringify(this.#heard)}`);
    return this.#heard;
  }
}

/** The lines of a request, with a `Host` header unless `host` is false. */
export function rawRequest(line: string, headers: readonly string[] = [], body = '', host = true): string {
  return [line, ...(host ? ['host: localhost'] : []), ...headers, '', body].join('\r\n');
}
