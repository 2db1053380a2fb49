import type { FastifyInstance } from 'fastify';
import { Patience, withPatience } from '../database/patience.ts';

/** Resolves if the dependency answers, rejects if it does not. */
export type Check = () => Promise<unknown>;

export interface HealthOptions {
  readonly checks: Readonly<Record<string, Check>>;
  isDraining(): boolean;
  /** Whether the server has more work than it can carry. */
  isOverloaded(): boolean;
}

/** In ms. The answer has to arrive within 2 s. */
const patience = 1_500;
const config = { whateverTheLoad: true };

/**
 * `/healthz`: the process is alive. `/readyz`: it can serve; 503 while a dependency is unreachable or the
 * process stops.
 */
export function registerHealth(
  fastify: FastifyInstance,
  { checks, isDraining, isOverloaded }: HealthOptions,
): void {
  fastify.get('/healthz', { config }, async () => ({ status: 'ok' }));
  fastify.get('/readyz', { config }, async (_request, reply) => {
    // Read before the other checks, which take a while: overload may be over in moments.
    const overloaded = isOverloaded();
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)]),
    );
    if (overloaded) states.push(['load', 'unavailable']);
    const draining = isDraining();
    const ready = !draining && states.every(([, state]) => state === 'ok');
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'ok' : draining ? 'draining' : 'unavailable', ...Object.fromEntries(states) };
  });
}

async function stateOf(check: Check): Promise<'ok' | 'unavailable'> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), patience);
  try {
    await Promise.race([withPatience(new Patience({ ms: patience }), check), tooLate]);
    return 'ok';
  } catch {
    return 'unavailable';
  } finally {
    clearTimeout(timer);
  }
}
