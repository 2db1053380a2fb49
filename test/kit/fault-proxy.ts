import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';

/** What is wrong with the connection to a server; an empty object means nothing is. */
export interface Fault {
  /** A delay in milliseconds, in each direction. */
  readonly delay?: number;
  /** The size in bytes of the pieces into which all data is cut. */
  readonly slices?: number;
  /**
   * Connections are accepted and kept, and nothing comes through in either direction, as in a partition or with a
   * frozen server.
   */
  readonly silent?: boolean;
  /** New connections are closed at once. */
  readonly refuses?: boolean;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function targetOf(url: string): Target {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}

/** One side of a connection, and the data that waits to go on to the other. */
interface Way {
  readonly from: Socket;
  readonly to: Socket;
  readonly waiting: Buffer[];
  /** Set for this connection alone: it stays silent even if the others go on. */
  dead: boolean;
}

/**
 * Stands on loopback between a client and a server over TCP, and simulates failures of networks and machines. Faults
 * can change while connections are open, and apply to those, too.
 */
export class FaultProxy {
  #target: Target;
  readonly #server: Server;
  readonly #ways = new Set<Way>();
  #fault: Fault = {};

  private constructor(target: Target) {
    this.#target = target;
    this.#server = createServer((client) => this.#connect(client));
  }

  /** @param url the URL of the server behind the proxy */
  static async open(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetOf(url));
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The same URL, by way of this proxy. */
  urlOf(url: string): string {
    const by = new URL(url);
    by.hostname = '127.0.0.1';
    by.port = String(this.#port());
    return by.href;
  }

  /** Sets where new connections go from now on, as a balancer would; open connections stay where they are. */
  aim(url: string): void {
    this.#target = targetOf(url);
  }

  /** How many connections are open. */
  get size(): number {
    return this.#ways.size / 2;
  }

  /** Replaces all current faults. Data that was held back by silence goes on if the silence has ended. */
  set(fault: Fault): void {
    this.#fault = fault;
    for (const way of this.#ways) this.#flush(way);
  }

  /** Silences the connections that are open now for good, even if the faults change later. */
  silenceOpen(): void {
    for (const way of this.#ways) way.dead = true;
  }

  /** Resets the connections that are open now. */
  cut(): void {
    for (const { from } of this.#ways) from.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const { from } of this.#ways) from.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
    return address.port;
  }

  #connect(client: Socket): void {
    if (this.#fault.refuses) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = new Socket();
    server.connect(this.#target);
    this.#join(client, server);
    this.#join(server, client);
  }

  #join(from: Socket, to: Socket): void {
    const way: Way = { from, to, waiting: [], dead: false };
    this.#ways.add(way);
    from.setNoDelay(true);
    from.on('data', (data) => {
      // Data is still read, as by the kernel of a frozen program; what was sent to a dead connection is lost.
      if (!way.dead) this.#carry(way, data);
    });
    from.on('error', () => undefined);
    from.once('close', () => {
      this.#ways.delete(way);
      // The other side of a partition does not notice.
      if (!this.#fault.silent && !way.dead) to.destroy();
      else setTimeout(() => to.destroy(), 60_000).unref();
    });
  }

  #carry(way: Way, data: Buffer): void {
    const { delay = 0, slices = data.length } = this.#fault;
    const pieces: Buffer[] = [];
    for (let at = 0; at < data.length; at += slices) pieces.push(data.subarray(at, at + slices));
    const hand = () => {
      way.waiting.push(...pieces);
      this.#flush(way);
    };
    if (delay > 0) setTimeout(hand, delay);
    else hand();
  }

  #flush({ to, waiting, dead }: Way): void {
    if (this.#fault.silent || dead) return;
    for (const piece of waiting.splice(0)) if (to.writable) to.write(piece);
  }
}
