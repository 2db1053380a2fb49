import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { personLockKey } from '../services/account-locks.ts';
import { sharedCatalogLock } from '../services/catalog-lock.ts';
import { applyBatch, type Outcome } from './apply.ts';
import { loadBatch, type PendingEvent, readPending } from './batch.ts';
import { type History, loadHistory } from './history.ts';
import { type OutcomeWriter, writeOutcome } from './outcome.ts';
import { scheduleRetry } from './retry.ts';
import { inTimeSlices } from './time-slices.ts';

export interface JobOptions extends OutcomeWriter {
  readonly database: Database;
  readonly log: Logger;
  /** How long an event waits before its second attempt, in ms. The delay doubles for each further attempt. */
  readonly retryDelay: number;
  /** Called after each commit; it tells those who wait for events to be applied. */
  readonly onApplied: () => void;
}

/** How a job ended. */
export type JobResult =
  /** Nothing due is left, there is more to do, or another worker has this person. */
  | { readonly state: 'done' | 'more' | 'busy' }
  /** The next event is tried again after `delay` ms. */
  | { readonly state: 'retry'; readonly delay: number };

/** The most events in a batch, and the most batches in a job; then other people have their turn. */
const maxBatchSize = 100;
const maxBatches = 10;

/**
 * Applies one person's pending events in order, each batch in one transaction. If a batch fails, its first event is
 * tried alone, and batches grow again from there. An event that fails alone is retried with back-off, and finally
 * becomes a dead letter; meanwhile it holds up this person's later events, and nobody else's.
 * @param signal ends the job after the current batch
 * @throws the driver's error if PostgreSQL is unavailable; that does not count as an attempt
 */
export async function runJob(
  options: JobOptions,
  accountId: string,
  signal: AbortSignal,
): Promise<JobResult> {
  let size = maxBatchSize;
  for (let batches = 0; batches < maxBatches && !signal.aborted; batches++) {
    const attempt = await tryBatch(options, accountId, size);
    if (attempt === 'busy') return { state: 'busy' };
    if (attempt.failure === undefined) {
      if (attempt.events.length < size) return { state: 'done' };
      size = Math.min(size * 2, maxBatchSize);
    } else {
      const delay = attempt.events.length > 1 ? 0 : await retryLater(options, attempt.failure);
      if (delay > 0) return { state: 'retry', delay };
      size = 1;
    }
  }
  return { state: 'more' };
}

interface Attempt {
  readonly events: readonly PendingEvent[];
  /** Omitted if all went well. */
  readonly failure?: Failure;
}

interface Failure {
  readonly first: PendingEvent;
  readonly error: unknown;
}

async function tryBatch(options: JobOptions, accountId: string, size: number): Promise<Attempt | 'busy'> {
  let events: readonly PendingEvent[] = [];
  try {
    const locked = await transaction(options.database, async (tx) => {
      if (!(await takePersonLock(tx, accountId))) return false;
      events = await readPending(tx, accountId, size);
      if (events.length > 0) {
        await applyEvents(tx, options, accountId, events);
        tx.afterCommit(options.onApplied);
      }
      return true;
    });
    return locked ? { events } : 'busy';
  } catch (error) {
    const [first] = events;
    if (first === undefined || isDatabaseUnavailable(error)) throw error;
    return { events, failure: { first, error } };
  }
}

async function applyEvents(
  tx: Transaction,
  options: JobOptions,
  accountId: string,
  events: readonly PendingEvent[],
): Promise<void> {
  const batch = await loadBatch(tx, accountId, events);
  const histories = new Map<string, History>();
  let outcome = await inTimeSlices(applyBatch(batch, histories));
  // Histories are long and rarely needed, so they are read only once it turns out which ones are.
  for (let needed = neededBy(outcome); needed.length > 0; needed = neededBy(outcome)) {
    for (const questId of needed) histories.set(questId, await loadHistory(tx, batch, questId));
    outcome = await inTimeSlices(applyBatch(batch, histories));
  }
  await writeOutcome(tx, options, batch, outcome);
}

/** The quests whose histories are missing. */
function neededBy({ trackers }: Outcome): string[] {
  return trackers.flatMap(({ needsHistory, quest }) => (needsHistory ? quest.questId : []));
}

/** @returns the delay before this person's next event, in ms; 0 if it may follow at once */
async function retryLater(
  { database, log, retryDelay }: JobOptions,
  { first, error }: Failure,
): Promise<number> {
  const { recordedEventId, attempts } = first;
  log.warn({ err: error, recordedEventId, attempts: attempts + 1 }, 'an event could not be applied');
  return scheduleRetry(database, first, error, retryDelay);
}

/** Reserves a person for one worker, and keeps the catalog from being edited, until the transaction ends. */
async function takePersonLock(tx: Transaction, accountId: string): Promise<boolean> {
  const [lock] = await tx.query(lockPerson, [accountId]);
  return lock?.locked === true;
}

// Two people whose keys collide merely take turns.
const lockPerson = statement<{ locked: boolean }>(
  'pipeline.lock_person',
  `select pg_try_advisory_xact_lock(${personLockKey}) as locked, ${sharedCatalogLock}`,
);
