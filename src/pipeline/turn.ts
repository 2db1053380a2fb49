import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { personLockKey } from '../services/account-locks.ts';
import { sharedCatalogLock } from '../services/catalog-lock.ts';
import { loadBatch, type PendingEvent, readPending } from './batch.ts';
import { noteFailure } from './failure.ts';
import { fold, type Outcome } from './fold.ts';
import { type History, loadHistory } from './history.ts';
import { type OutcomeWriter, writeOutcome } from './outcome.ts';
import { inTimeSlices } from './time-slices.ts';

export interface TurnOptions extends OutcomeWriter {
  readonly database: Database;
  readonly log: Logger;
  /** How long an event waits before its second try, in ms; twice as long before each one after. */
  readonly retryDelay: number;
  /** Called after each commit; it tells whoever waits for events to be applied. */
  readonly onApplied: () => void;
}

/** How a person's turn ended. */
export type TurnEnd =
  /** Nothing is left that is due, there is more, or another worker has this person. */
  | { readonly state: 'done' | 'more' | 'busy' }
  /** The next event is tried again in so many ms. */
  | { readonly state: 'waiting'; readonly delay: number };

/** The most events of one transaction, and the most transactions before it is another person's turn. */
const largestBatch = 100;
const longestTurn = 10;

/**
 * Applies one person's pending events in order, each batch in one transaction. Where a batch fails, its first event
 * goes alone, and batches grow again from there. An event that fails alone backs off, and in the end becomes a dead
 * letter; meanwhile it holds up this person's later events, and nobody else's.
 * @param signal ends the turn after the present batch
 * @throws the driver's error where PostgreSQL is unavailable: no event is blamed for that.
 */
export async function takeTurn(
  options: TurnOptions,
  accountId: string,
  signal: AbortSignal,
): Promise<TurnEnd> {
  let size = largestBatch;
  for (let batches = 0; batches < longestTurn && !signal.aborted; batches++) {
    const attempt = await tryBatch(options, accountId, size);
    if (attempt === 'busy') return { state: 'busy' };
    if (attempt.failure === undefined) {
      if (attempt.events.length < size) return { state: 'done' };
      size = Math.min(size * 2, largestBatch);
    } else {
      const delay = attempt.events.length > 1 ? 0 : await giveBack(options, attempt.failure);
      if (delay > 0) return { state: 'waiting', delay };
      size = 1;
    }
  }
  return { state: 'more' };
}

interface Attempt {
  readonly events: readonly PendingEvent[];
  /** Left out where all went well. */
  readonly failure?: Failure;
}

interface Failure {
  readonly first: PendingEvent;
  readonly error: unknown;
}

async function tryBatch(options: TurnOptions, accountId: string, size: number): Promise<Attempt | 'busy'> {
  let events: readonly PendingEvent[] = [];
  try {
    const claimed = await transaction(options.database, async (tx) => {
      if (!(await claimPerson(tx, accountId))) return false;
      events = await readPending(tx, accountId, size);
      if (events.length > 0) {
        await applyAll(tx, options, accountId, events);
        tx.afterCommit(options.onApplied);
      }
      return true;
    });
    return claimed ? { events } : 'busy';
  } catch (error) {
    const [first] = events;
    if (first === undefined || isDatabaseUnavailable(error)) throw error;
    return { events, failure: { first, error } };
  }
}

async function applyAll(
  tx: Transaction,
  options: TurnOptions,
  accountId: string,
  events: readonly PendingEvent[],
): Promise<void> {
  const batch = await loadBatch(tx, accountId, events);
  const histories = new Map<string, History>();
  let outcome = await inTimeSlices(fold(batch, histories));
  // Histories are long and rarely needed: they are read once it has turned out whose.
  for (let wanted = wantedBy(outcome); wanted.length > 0; wanted = wantedBy(outcome)) {
    for (const questId of wanted) histories.set(questId, await loadHistory(tx, batch, questId));
    outcome = await inTimeSlices(fold(batch, histories));
  }
  await writeOutcome(tx, options, batch, outcome);
}

function wantedBy({ courses }: Outcome): string[] {
  return courses.flatMap(({ wantsHistory, quest }) => (wantsHistory ? quest.questId : []));
}

/** @returns how long the person's events wait, in ms; 0 where the next one may go on */
async function giveBack(
  { database, log, retryDelay }: TurnOptions,
  { first, error }: Failure,
): Promise<number> {
  const { recordedEventId, attempts } = first;
  log.warn({ err: error, recordedEventId, attempts: attempts + 1 }, 'an event could not be applied');
  return noteFailure(database, first, error, retryDelay);
}

/** One worker at a time has a person, until its transaction ends; so long the catalog stays as it is. */
async function claimPerson(tx: Transaction, accountId: string): Promise<boolean> {
  const [claim] = await tx.query(lockPerson, [accountId]);
  return claim?.locked === true;
}

// Two people whose keys collide only take turns.
const lockPerson = statement<{ locked: boolean }>(
  'pipeline.lock_person',
  `select pg_try_advisory_xact_lock(${personLockKey}) as locked, ${sharedCatalogLock}`,
);
