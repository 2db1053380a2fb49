import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import { Rollback } from '../domain/refusal.ts';
import type { Database, Db } from './database.ts';
import { sqlStateOf } from './sql-state.ts';
import type { Statement } from './statement.ts';

/**
 * A unit of work in progress. Its `query` runs on the transaction's connection, and sees the changes to entities that
 * were flushed. After the transaction has ended, `query` throws.
 *
 * When the work is done, it is committed in phases, in this order:
 * 1. The entities are flushed.
 * 2. `beforeCommit`: what was gathered during the work is written, such as notifications.
 * 3. `atCommit`: what has to be written last, the live events of the outbox.
 * 4. COMMIT. If anything has failed by then, the transaction is rolled back and the steps below never run.
 * 5. `afterCommit`: whoever works on what was written is woken.
 * 6. `beforeReturn`: what the caller of `transaction` has to wait for.
 *
 * Steps of one phase run in the order in which they were added. A step may add more, also to an earlier phase that can
 * still write: no step of `atCommit` runs while one of `beforeCommit` is left.
 */
export interface Transaction extends Db {
  readonly em: EntityManager;
  /** Phase 2. One step runs after the other, and may write. */
  beforeCommit(step: () => Promise<void>): void;
  /** Phase 3. One step runs after the other, and may write. */
  atCommit(step: () => Promise<void>): void;
  /** Phase 5. Must not throw. */
  afterCommit(step: () => void): void;
  /** Phase 6. All steps run side by side. Must not throw. */
  beforeReturn(step: () => Promise<void>): void;
}

/** serialization_failure and deadlock_detected: PostgreSQL asks to try again (manual, 13.5). */
const retriable = new Set(['40001', '40P01']);
const maxRetries = 3;

/**
 * Runs `work` completely or not at all. If PostgreSQL chose it as the victim of a conflict, it runs again from the
 * start, at most 3 times: `work` must have no effect outside the database.
 * @returns what `work` returned; if that is a Rollback, nothing was written
 * @throws what `work` or PostgreSQL threw. Nothing was written then either, unless the connection broke during the
 *   commit itself: then the changes may have been written.
 */
export async function transaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt(database, work);
    } catch (error) {
      if (retries === maxRetries || !retriable.has(sqlStateOf(error) ?? '')) throw error;
      await backOff(retries);
    }
  }
}

async function attempt<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const em = database.orm.em.fork({ clear: true });
  const beforeCommit: (() => Promise<void>)[] = [];
  const atCommit: (() => Promise<void>)[] = [];
  const afterCommit: (() => void)[] = [];
  const beforeReturn: (() => Promise<void>)[] = [];
  await em.begin();
  const connection = em.getKysely();
  const tx: Transaction = {
    em,
    async query<Row>({ text }: Statement<Row>, values: readonly unknown[] = []) {
      const { rows } = await connection.executeQuery(CompiledQuery.raw(text, [...values]));
      return rows as Row[];
    },
    beforeCommit: (step) => void beforeCommit.push(step),
    atCommit: (step) => void atCommit.push(step),
    afterCommit: (step) => void afterCommit.push(step),
    beforeReturn: (step) => void beforeReturn.push(step),
  };
  let result: T;
  try {
    result = await work(tx);
    if (result instanceof Rollback) {
      await em.rollback();
      return result;
    }
    await em.flush();
    for (let step = nextOf(beforeCommit, atCommit); step; step = nextOf(beforeCommit, atCommit)) await step();
    await em.commit();
  } catch (error) {
    // The connection may be gone; the caller has to know the first error.
    if (em.isInTransaction()) await em.rollback().catch(() => undefined);
    throw error;
  }
  for (const step of afterCommit) step();
  await Promise.all(beforeReturn.map((step) => step()));
  return result;
}

/** Takes the first step of the first phase that has one. */
function nextOf<Step>(...phases: Step[][]): Step | undefined {
  return phases.find((steps) => steps.length > 0)?.shift();
}

/** A random pause of up to 10, 20 or 40 ms, so that the parties of a conflict do not meet again. */
function backOff(retries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** retries));
}
