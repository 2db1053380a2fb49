import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { currentFlow } from '../database/patience.ts';
import { LoopLateness } from './loop-lateness.ts';
import { Shares } from './shares.ts';

export interface LoadOptions {
  /** The longest that anything has been waiting for a connection to the database, in ms. */
  longestWait(): number;
}

/**
 * So many at once are served under every other bound but the event loop's: a burst is soon over. Past that, a
 * flow is refused only if it is a reason for the load: if no flow had more than it, there would still be as
 * many. A flow with one request in flight is not refused because another has a thousand.
 */
const fewAtOnce = 150;
/** A bound for memory, far above what the other bounds let happen. */
const mostAtOnce = 2_000;
/**
 * How late the event loop may be, in ms, with many requests at once and with few. Only its lateness shows
 * what waits in the sockets. With many, the turn that is under way may be no later either, because a whole
 * burst may be one turn.
 */
const mostLate = { many: 60, few: 500 };
/**
 * How long anything may have been waiting for a connection, in ms, with many requests at once: each has
 * several statements.
 */
const longestWait = 150;
/** How long a refusal makes the server not ready, in ms. */
const remembered = 1_000;

/** The flow of a request without an address. */
const unknown = 'unknown';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered whatever the load, for the routes of those who watch the server. */
    readonly whateverTheLoad?: boolean;
  }
}

/**
 * Knows whether the server can carry one more request. Past that, each is refused at once, so that those let
 * in are answered in time, and nobody waits for an answer that comes too late.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #lateness = new LoopLateness();
  readonly #shares = new Shares();
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Guards every route that is registered after this. */
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

  /** Counts work for a socket while it runs. */
  async during<T>(flow: string, work: Promise<T> | T): Promise<T> {
    const end = this.#shares.add(flow);
    try {
      return await work;
    } finally {
      end();
    }
  }

  /**
   * Whether one more request, or one more query of a socket, is too many for this flow.
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
   * Whether one more socket is too many. After a server is lost, all of its sockets come back at once, and
   * most clients give up if they are refused. So they are let in for as long as possible, and what they ask
   * for waits its turn.
   */
  refusesSockets(): boolean {
    return this.#lateness.now > mostLate.few;
  }

  /** Whether a load balancer should send the next request elsewhere. */
  isTooMuch(): boolean {
    return this.refuses('') || performance.now() - this.#refusedAt < remembered;
  }
}

/** Answers in the form of a GraphQL error, whose `extensions.code` says that a retry makes sense. */
function refuse({ id: requestId }: FastifyRequest, reply: FastifyReply): void {
  const extensions = { code: 'SERVICE_UNAVAILABLE', requestId };
  reply
    .code(503)
    .header('retry-after', '1')
    .header('cache-control', 'no-store')
    .send({ errors: [{ message: tooMuch, extensions }] });
}

export const tooMuch = 'The server is overloaded at the moment. Try again.';
