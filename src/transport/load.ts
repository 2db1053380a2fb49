import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { currentFlow } from '../database/patience.ts';
import { LoopLateness } from './loop-lateness.ts';
import { Shares } from './shares.ts';

export interface LoadOptions {
  /** How long somebody has been waiting for a connection to the database, in ms. */
  longestWait(): number;
}

/**
 * So many at once are served whatever the rest says: a burst is soon over. Past that, an address is refused whose own are
 * the reason: if none had more than it, there would still be as many. Who has one in flight is not refused because
 * another has a thousand.
 */
const fewAtOnce = 150;
/** A bound for memory, far past what the others let happen. */
const mostAtOnce = 2_000;
/**
 * How late the event loop may be, in ms, with many at once and with few: what waits in the sockets is seen by nothing
 * else. With many, the turn that is under way may be no later either, for a burst is one turn.
 */
const mostLate = { many: 60, few: 500 };
/** How long somebody may have been waiting for a connection, in ms, with many at once: a request has several statements. */
const longestWait = 150;
/** How long a refusal is remembered by who asks whether the server is ready, in ms. */
const remembered = 1_000;

/** Whoever asks from inside a process. */
const unknown = 'unknown';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered whatever the load: those who look after the server ask there. */
    readonly whateverTheLoad?: boolean;
  }
}

/**
 * Knows whether the server can carry one request more. Past that each is refused at once, so that those which were let
 * in are answered in time, and nobody waits for an answer that comes too late for them.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #lateness = new LoopLateness();
  readonly #shares = new Shares();
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Stands before every route that is registered after this. */
  guard(server: FastifyInstance): void {
    server.addHook('onClose', async () => this.#lateness.stop());
    server.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.whateverTheLoad) return done();
      const flow = currentFlow() ?? unknown;
      if (this.refuses(flow)) return refuse(request, reply);
      reply.raw.once('close', this.#shares.add(flow));
      done();
    });
  }

  /** Counts what runs for a socket. */
  async during<T>(flow: string, work: Promise<T> | T): Promise<T> {
    const end = this.#shares.add(flow);
    try {
      return await work;
    } finally {
      end();
    }
  }

  /**
   * Whether one more of this address is too many, be it a request or a query of a socket.
   * @param flow the group of the address
   */
  refuses(flow: string): boolean {
    const late = this.#lateness.now;
    const full = this.#shares.isModest(flow, fewAtOnce)
      ? late > mostLate.few
      : late > mostLate.many ||
        this.#lateness.unfinished > mostLate.many ||
        this.#options.longestWait() > longestWait ||
        this.#shares.size >= mostAtOnce;
    if (full) this.#refusedAt = performance.now();
    return full;
  }

  /**
   * Whether one more socket is too many. All of a server that has gone come back at once, and most clients take a refusal
   * for the end: so they are let in for as long as they can be, and what they ask for waits its turn.
   */
  refusesSockets(): boolean {
    return this.#lateness.now > mostLate.few;
  }

  /** Whether a balancer had better send the next request elsewhere. */
  isTooMuch(): boolean {
    return this.refuses('') || performance.now() - this.#refusedAt < remembered;
  }
}

/** In the form of an error of GraphQL: `extensions.code` says that it may be tried again. */
function refuse({ id: requestId }: FastifyRequest, reply: FastifyReply): void {
  const extensions = { code: 'SERVICE_UNAVAILABLE', requestId };
  reply
    .code(503)
    .header('retry-after', '1')
    .header('cache-control', 'no-store')
    .send({ errors: [{ message: tooMuch, extensions }] });
}

export const tooMuch = 'The server is overloaded at the moment. Try again.';
