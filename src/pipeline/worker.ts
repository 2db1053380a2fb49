import { BackgroundLoop } from '../database/background-loop.ts';
import type { Signals } from '../database/signals.ts';
import { statement } from '../database/statement.ts';
import { nilUuid } from '../domain/ids.ts';
import { type JobOptions, type JobResult, runJob } from './job.ts';

/** The channel of the signal that events were recorded. */
export const eventsChannel = 'questline_events';

export interface WorkerOptions extends JobOptions {
  readonly signals: Pick<Signals, 'listen'>;
  /** How many jobs run at once, each on its own connection; by default four. */
  readonly concurrency?: number;
  /** The longest delay of an event whose signal was lost, in ms; by default a second. */
  readonly pollMs?: number;
}

const beforeAll = nilUuid;
/** How many people one look-up finds. */
const pageSize = 50;
/** The delay of a job if another worker has the person, in ms. */
const busyDelay = 100;
/** Added to a delay, in ms: timers fire up to 1 ms early, and a look-up before the event is due would not find it. */
const spareMs = 5;
/** The most people whose delay is kept in memory; the poll finds the others. */
const maxDelayed = 1_000;

/**
 * Finds the people with pending events, and runs a job for each: several at once, and round-robin, so that a person
 * with many events holds up nobody. Any number of workers can run side by side; only one at a time has a person.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #pollMs: number;
  readonly #loop: BackgroundLoop;
  readonly #unlisten: () => void;
  /** The accounts whose jobs are running. */
  readonly #running = new Set<string>();
  /** The timers of delayed jobs, by account. */
  readonly #delayed = new Map<string, NodeJS.Timeout>();
  /** The accounts that were looked up and wait for a job: at most a page. */
  readonly #queue: string[] = [];
  /** The account after which the next page begins. */
  #after = beforeAll;
  /** The number of the loop's wakes when the last page of the round was requested; undefined during a round. */
  #lookedUpAt: number | undefined;
  #lookUp: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    const { signals, log, concurrency = 4, pollMs = 1_000 } = options;
    this.#options = options;
    this.#pollMs = pollMs;
    this.#loop = new BackgroundLoop({
      name: 'the worker that applies events',
      log,
      concurrency,
      everyMs: pollMs,
      step: () => this.#runNext(),
    });
    this.#unlisten = signals.listen(eventsChannel, () => this.#loop.wake());
    this.#loop.wake();
  }

  /** Begins no more transactions; resolves once the running ones have ended. */
  async close(): Promise<void> {
    this.#unlisten();
    for (const timer of this.#delayed.values()) clearTimeout(timer);
    await this.#loop.close();
  }

  async #runNext(): Promise<boolean> {
    const accountId = await this.#nextPerson();
    if (accountId === undefined) return false;
    const delay = await this.#run(accountId);
    this.#running.delete(accountId);
    if (delay > 0 && this.#delayed.size < maxDelayed) this.#delay(accountId, delay);
    // Also if nothing is left: events recorded during the job have not been looked up.
    this.#loop.wake();
    return true;
  }

  async #nextPerson(): Promise<string | undefined> {
    while (!this.#loop.signal.aborted) {
      const accountId = this.#dequeue();
      if (accountId !== undefined) {
        this.#running.add(accountId);
        return accountId;
      }
      if (this.#lookUp === undefined && this.#lookedUpAt === this.#loop.wakes) break;
      this.#lookUp ??= this.#lookUpPage().finally(() => {
        this.#lookUp = undefined;
      });
      await this.#lookUp;
    }
    return undefined;
  }

  /** Takes a random account, so that concurrent workers rarely want the same person. */
  #dequeue(): string | undefined {
    const [accountId] = this.#queue.splice(Math.floor(Math.random() * this.#queue.length), 1);
    return accountId;
  }

  async #lookUpPage(): Promise<void> {
    const after = this.#after;
    // Read before the query: a wake while it runs requires another round.
    const { wakes } = this.#loop;
    this.#lookedUpAt = undefined;
    const absent = [...this.#running, ...this.#delayed.keys()];
    const page = await this.#options.database.query(readPage, [after, absent, pageSize]);
    this.#after = page.length < pageSize ? beforeAll : (page.at(-1)?.accountId ?? beforeAll);
    const isWholeRound = after === beforeAll && this.#after === beforeAll;
    if (isWholeRound) this.#lookedUpAt = wakes;
    this.#queue.push(...page.map(({ accountId }) => accountId));
  }

  /** @returns how long this person's next job is delayed, in ms */
  async #run(accountId: string): Promise<number> {
    try {
      return delayAfter(await runJob(this.#options, accountId, this.#loop.signal));
    } catch (error) {
      this.#options.log.error(
        { err: error, accountId },
        "a person's events were not applied and will be retried",
      );
      return this.#pollMs;
    }
  }

  #delay(accountId: string, ms: number): void {
    const wakeUp = () => {
      this.#delayed.delete(accountId);
      this.#loop.wake();
    };
    if (!this.#loop.signal.aborted) this.#delayed.set(accountId, setTimeout(wakeUp, ms));
  }
}

function delayAfter(result: JobResult): number {
  if (result.state === 'retry') return result.delay + spareMs;
  // If busy: the worker that has this person looks for what is left as soon as its job ends.
  return result.state === 'busy' ? busyDelay : 0;
}

// Steps from one account to the next in the index of pending events, however many each account has.
const readPage = statement<{ accountId: string }>(
  'pipeline.page',
  `with recursive head as (
    (
      select account_id, next_attempt_at from recorded_event
      where account_id > $1 and applied_at is null and failed_at is null
      order by account_id, position limit 1
    )
    union all
    select following.* from head cross join lateral (
      select account_id, next_attempt_at from recorded_event
      where account_id > head.account_id and applied_at is null and failed_at is null
      order by account_id, position limit 1
    ) as following
  )
  select account_id as "accountId" from head
  where next_attempt_at <= clock_timestamp() and account_id <> all($2::uuid[])
  limit $3`,
);
