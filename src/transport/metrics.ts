import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { Patience, withPatience } from '../database/patience.ts';

/** The figures of one process, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts a statement that was sent to PostgreSQL. */
  countStatement(name: string): void;
}

export interface Gauges {
  openSockets(): number;
  /**
   * Different operations with subscribers: each is executed once, if its answer does not depend on the
   * viewer.
   */
  liveOperations(): number;
  liveSubscribers(): number;
  /** Events that are committed but not yet relayed. */
  relayLag(): Promise<number>;
}

/** How long a scrape waits for a figure that another system has to be asked for, in ms. */
const longestMeasure = 250;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'questline_' });
  const statements = new Counter({
    name: 'questline_database_statements_total',
    help: 'Statements sent to PostgreSQL, by name.',
    labelNames: ['statement'],
    registers: [registry],
  });
  return { registry, countStatement: (name) => statements.inc({ statement: name }) };
}

/** Registers the figures that are measured at each scrape. */
export function observe({ registry }: Metrics, gauges: Gauges): void {
  const gauge = (name: string, help: string, measure: () => number | Promise<number>) => {
    const inShort = shortened(measure);
    return new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await inShort());
      },
    });
  };
  gauge('questline_open_sockets', 'WebSockets that are open.', () => gauges.openSockets());
  gauge('questline_live_operations', 'Different subscriptions that sockets listen to.', () =>
    gauges.liveOperations(),
  );
  gauge('questline_live_subscribers', 'Subscriptions of all sockets together.', () =>
    gauges.liveSubscribers(),
  );
  gauge('questline_relay_lag_events', 'Live events that are committed and not yet handed on.', () =>
    gauges.relayLag(),
  );
}

/**
 * Gives NaN if the answer fails or takes too long: an old figure would pass for a new one. The next scrape
 * waits for the same answer, so that only one question is open at a time.
 */
function shortened(measure: () => number | Promise<number>): () => Promise<number> {
  let asked: Promise<number> | undefined;
  return async () => {
    asked ??= withPatience(new Patience(), async () => measure())
      .catch(() => Number.NaN)
      .finally(() => {
        asked = undefined;
      });
    const { promise: tooLate, resolve } = Promise.withResolvers<number>();
    const timer = setTimeout(() => resolve(Number.NaN), longestMeasure);
    try {
      return await Promise.race([asked, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  };
}

export function registerMetrics(fastify: FastifyInstance, { registry }: Metrics): void {
  fastify.get('/metrics', { config: { whateverTheLoad: true } }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
