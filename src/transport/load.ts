import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface LoadOptions {
  /** How long somebody has been waiting for a connection to the database, in ms. */
  longestWait(): number;
}

/** Over which the lateness of the event loop is averaged, in ms: a pause is none that it is late for. */
const sampleInterval = 500;
/** So many at once are served whatever the rest says: they are answered soon. */
const fewAtOnce = 160;
/** A bound for memory, far past what the others let happen. */
const mostAtOnce = 2_000;
/** How late the event loop may be, in ms, with many at once and with few: what waits in the sockets is seen by nothing else. */
const mostLate = { many: 100, few: 250 };
/** How long somebody may have been waiting for a connection, in ms, with many at once. */
const longestWait = 300;
/** How long a refusal is remembered by who asks whether the server is ready, in ms. */
const remembered = 1_000;

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
  #measure: () => number = () => 0;
  #atOnce = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Looks at the event loop, and stands before every route; before those are registered. */
  async watch(server: FastifyInstance): Promise<void> {
    // Without thresholds it only measures: its own hook would know neither sockets nor the pool.
    await server.register(underPressure, { sampleInterval });
    this.#measure = () => server.memoryUsage().eventLoopDelay;
    server.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.whateverTheLoad) return done();
      if (this.refuses()) return refuse(request, reply);
      this.#atOnce++;
      reply.raw.once('close', () => this.#atOnce--);
      done();
    });
  }

  /** Counts what runs for a socket. */
  async during<T>(work: Promise<T> | T): Promise<T> {
    this.#atOnce++;
    try {
      return await work;
    } finally {
      this.#atOnce--;
    }
  }

  /** Whether one more is too many, be it a request, an operation of a socket, or another socket. */
  refuses(): boolean {
    const late = this.#lateness();
    const full =
      this.#atOnce < fewAtOnce
        ? late > mostLate.few
        : late > mostLate.many || this.#options.longestWait() > longestWait || this.#atOnce >= mostAtOnce;
    if (full) this.#refusedAt = performance.now();
    return full;
  }

  /** Whether a balancer had better send the next request elsewhere. */
  isTooMuch(): boolean {
    return this.refuses() || performance.now() - this.#refusedAt < remembered;
  }

  /** Of the event loop, in ms. Of a sample in which it stood still all the time nothing can be said. */
  #lateness(): number {
    const delay = this.#measure();
    return Number.isFinite(delay) ? delay : 0;
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

export const tooMuch = 'There is too much to do at the moment. Try again.';
