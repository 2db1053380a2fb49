import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';

/** What is wrong with the way to a server; an empty one is in order. */
export interface Fault {
  /** Milliseconds that everything takes longer, each way. */
  readonly delay?: number;
  /** Bytes of the pieces into which everything is cut. */
  readonly slices?: number;
  /** Connections are taken and kept, and nothing comes through, either way: a partition, or a server that is frozen. */
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

/** One side of a connection, and what waits to go on to the other. */
interface Way {
  readonly from: Socket;
  readonly to: Socket;
  readonly waiting: Buffer[];
  /** What befell this connection alone: it stays silent when the others go on. */
  dead: boolean;
}

/**
 * Stands on loopback between a client and a server over TCP, and does what networks and machines do. What is wrong is
 * changed while connections are open; it holds for those, too.
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

  /** @param url of the server behind it */
  static async open(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetOf(url));
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The same URL, by way of this. */
  urlOf(url: string): string {
    const by = new URL(url);
    by.hostname = '127.0.0.1';
    by.port = String(this.#port());
    return by.href;
  }

  /** Where new connections go from now on, as a balancer says; those that are open stay where they are. */
  aim(url: string): void {
    this.#target = targetOf(url);
  }

  /** How many connections are open. */
  get size(): number {
    return this.#ways.size / 2;
  }

  /** From now on this is wrong, and nothing else. What was held back by silence goes on where that has ended. */
  set(fault: Fault): void {
    this.#fault = fault;
    for (const way of this.#ways) this.#flush(way);
  }

  /** Those that are open now never say anything again, whatever becomes of the others. */
  silenceOpen(): void {
    for (const way of this.#ways) way.dead = true;
  }

  /** Those that are open now are reset. */
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
      // Read as ever, like a kernel whose program is frozen; what was said to the dead is lost.
      if (!way.dead) this.#carry(way, data);
    });
    from.on('error', () => undefined);
    from.once('close', () => {
      this.#ways.delete(way);
      // The other side of a partition hears nothing of it.
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
