import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The figures of one process, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** Counts a statement that was sent to PostgreSQL. */
  countStatement(name: string): void;
}

export interface Gauges {
  openSockets(): number;
  /** Events that are committed and not yet handed on. */
  relayLag(): Promise<number>;
}

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

/** What is measured when somebody looks. */
export function observe({ registry }: Metrics, { openSockets, relayLag }: Gauges): void {
  new Gauge({
    name: 'questline_open_sockets',
    help: 'WebSockets that are open.',
    registers: [registry],
    collect() {
      this.set(openSockets());
    },
  });
  new Gauge({
    name: 'questline_relay_lag_events',
    help: 'Live events that are committed and not yet handed on.',
    registers: [registry],
    async collect() {
      this.set(await relayLag());
    },
  });
}

export function registerMetrics(fastify: FastifyInstance, { registry }: Metrics): void {
  fastify.get('/metrics', async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}
