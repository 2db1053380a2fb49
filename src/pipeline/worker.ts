import type { Notifications } from '../database/notifications.ts';
import { unhurried } from '../database/patience.ts';
import { statement } from '../database/statement.ts';
import { nilUuid } from '../domain/ids.ts';
import { type TurnEnd, type TurnOptions, takeTurn } from './turn.ts';

/** The channel on which workers are told that events were recorded. */
export const eventsChannel = 'questline_events';

export interface WorkerOptions extends TurnOptions {
  readonly notifications: Pick<Notifications, 'listen'>;
  /** How many people have their turn at once; each takes a connection. */
  readonly concurrency: number;
  /** The slow poll, in ms: how late an event is at most whose wake was lost. */
  readonly pollMs: number;
}

const beforeAll = nilUuid;
/** How many people are looked up at once. */
const pageSize = 50;
/** How long a person is left to the worker that has them, in ms. */
const restMs = 100;
/** Timers come up to a millisecond early: who is looked up a moment before their event is due waits for the poll. */
const spareMs = 5;
/** Of more people nobody keeps in mind when their next event is due; the poll finds them. */
const mostResting = 1_000;

/**
 * Finds the people whose events wait, and gives each their turn: several at once, one after the other in a circle, so
 * that who has many events holds up nobody. Any number of workers runs side by side; a person is with one at a time.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #poll: NodeJS.Timeout;
  readonly #unlisten: () => void;
  readonly #closing = new AbortController();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  /** Who was looked up and waits for a turn: a page at most. */
  readonly #ready: string[] = [];
  /** Where in the circle of accounts the next page begins. */
  #after = beforeAll;
  /** Whether there may be people who were not looked up. */
  #stale = true;
  #filling = false;
  #filled: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#poll = setInterval(() => this.wake(), options.pollMs);
    this.#unlisten = options.notifications.listen(eventsChannel, () => this.wake());
    this.wake();
  }

  /** There may be events to apply. */
  wake(): void {
    this.#stale = true;
    if (this.#filling || this.#closing.signal.aborted) return;
    this.#filling = true;
    this.#filled = unhurried(() => this.#fill());
  }

  /** Begins no more transactions; resolves once those that run have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#poll);
    this.#unlisten();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    await this.#filled;
    await Promise.all(this.#turns.values());
  }

  async #fill(): Promise<void> {
    const { concurrency, log } = this.#options;
    try {
      while (this.#turns.size < concurrency && !this.#closing.signal.aborted) {
        const accountId = this.#pickReady();
        if (accountId !== undefined) this.#turns.set(accountId, this.#turn(accountId));
        else if (this.#stale) await this.#lookUp();
        else break;
      }
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.error({ err: error }, 'the events that wait were not found; the poll tries again');
      this.#failing = true;
    }
    // No await between the last look at `#stale` and here: no wake is lost.
    this.#filling = false;
  }

  /** At random, so that workers side by side rarely want the same person. */
  #pickReady(): string | undefined {
    const [accountId] = this.#ready.splice(Math.floor(Math.random() * this.#ready.length), 1);
    return accountId;
  }

  async #lookUp(): Promise<void> {
    // Before the query: a wake while it runs means one more.
    this.#stale = false;
    const after = this.#after;
    const absent = [...this.#turns.keys(), ...this.#resting.keys()];
    const page = await this.#options.database.query(readPage, [after, absent, pageSize]);
    this.#after = page.length < pageSize ? beforeAll : (page.at(-1)?.accountId ?? beforeAll);
    // The circle is not round yet.
    if (after !== beforeAll || this.#after !== beforeAll) this.#stale = true;
    this.#ready.push(...page.map(({ accountId }) => accountId));
  }

  async #turn(accountId: string): Promise<void> {
    const rest = await this.#takeTurn(accountId);
    this.#turns.delete(accountId);
    if (rest > 0 && this.#resting.size < mostResting) this.#rest(accountId, rest);
    // Also where nothing is left: what was recorded meanwhile was not looked up while the person had their turn.
    this.wake();
  }

  /** @returns how long to leave this person alone, in ms */
  async #takeTurn(accountId: string): Promise<number> {
    try {
      return restAfter(await takeTurn(this.#options, accountId, this.#closing.signal));
    } catch (error) {
      this.#options.log.error(
        { err: error, accountId },
        "a person's events were not applied and will be tried again",
      );
      return this.#options.pollMs;
    }
  }

  #rest(accountId: string, ms: number): void {
    const wakeUp = () => {
      this.#resting.delete(accountId);
      this.wake();
    };
    if (!this.#closing.signal.aborted) this.#resting.set(accountId, setTimeout(wakeUp, ms));
  }
}

function restAfter(end: TurnEnd): number {
  if (end.state === 'waiting') return end.delay + spareMs;
  // Whoever has this person looks for what is left as soon as their turn ends.
  return end.state === 'busy' ? restMs : 0;
}

// From one account to the next by the index of what is pending, however much is pending of each.
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
