import type { Database } from '../database/database.ts';
import { Patience, withPatience } from '../database/patience.ts';
import type { Signals } from '../database/signals.ts';
import { statement } from '../database/statement.ts';

/** The channel of the signal that events were applied. */
export const appliedChannel = 'questline_applied';

/** The longest that a person's read waits for their own events, in ms. */
export const longestReadWait = 500;

export interface AppliedEventsOptions {
  readonly database: Pick<Database, 'query'>;
  readonly signals: Pick<Signals, 'listen'>;
  /** Wakes the workers of all processes. */
  readonly wakeWorkers: () => void;
}

/** The position of the last event to wait for, by account. */
export type Positions = ReadonlyMap<string, number>;

/** How many reads, and accounts in calls of `recordEvents`, may wait at once in a process. More do not wait at all. */
const mostWaiting = { reads: 2_000, accounts: 4_000 };
/** How often to look again if no signal of applied events comes, in ms. */
const pollMs = 100;
/** The pause after a look for all waiters: so many times as long as the look took, but at least so many ms. */
const rest = { times: 4, ms: 5 };

/** A call that waits, for one account or several. */
interface Waiter {
  /** By account, the position up to which its events have to be applied; null until the first look has found it. */
  readonly left: Map<string, number | null>;
  readonly deadline: number;
  /** Whether a look has found something to wait for. */
  waits: boolean;
  /** Whether something will not be applied in time. */
  givenUp: boolean;
  readonly end: () => void;
}

/** The pending events of one account. */
interface Pending {
  readonly accountId: string;
  readonly first: number;
  readonly last: number;
  /** How long until the first can be applied, in ms. */
  readonly dueIn: number;
}

/**
 * Waits until events are applied. All waiters of a process share one query to PostgreSQL and hold no connection in
 * between: workers signal when they have applied something, and a poll makes up for lost signals.
 */
export class AppliedEvents {
  readonly #options: AppliedEventsOptions;
  readonly #unlisten: () => void;
  readonly #reads = new Set<Waiter>();
  readonly #calls = new Set<Waiter>();
  /** The waiters that the next look is for. */
  #toAsk = new Set<Waiter>();
  #accountsOfCalls = 0;
  #looking = false;
  /** Whether events were applied while a look was under way. */
  #stale = false;
  #restsUntil = 0;
  #resting: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: AppliedEventsOptions) {
    this.#options = options;
    this.#unlisten = options.signals.listen(appliedChannel, () => this.#lookAgain());
  }

  /**
   * Waits until all events recorded for a person before the call are applied, and the events that follow from them: a
   * completion may move another quest. Gives up after 500 ms; and at once if the next event backs off for longer, if
   * too many wait already, or if PostgreSQL gives no answer.
   */
  async ofPerson(accountId: string): Promise<void> {
    const deadline = performance.now() + longestReadWait;
    // The events of a completion cause no more of them (RULES.md, Quests).
    for (let round = 0; round < 2; round++) {
      if (this.#reads.size >= mostWaiting.reads) return;
      const { waits, givenUp } = await this.#wait(this.#reads, new Map([[accountId, null]]), deadline);
      if (!waits || givenUp) return;
    }
  }

  /**
   * Waits until these events and all earlier ones of the same people are applied. Gives up like `ofPerson`.
   * @param within ms
   */
  async upTo(positions: Positions, within: number): Promise<void> {
    const { size } = positions;
    if (size === 0 || within <= 0 || this.#accountsOfCalls + size > mostWaiting.accounts) return;
    this.#accountsOfCalls += size;
    try {
      await this.#wait(this.#calls, new Map(positions), performance.now() + within);
    } finally {
      this.#accountsOfCalls -= size;
    }
  }

  /** Ends all waits, and lets nobody wait from now on. */
  close(): void {
    this.#closed = true;
    this.#unlisten();
    clearTimeout(this.#resting);
    for (const waiter of this.#everybody()) giveUp(waiter);
  }

  async #wait(crowd: Set<Waiter>, left: Waiter['left'], deadline: number): Promise<Waiter> {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const waiter: Waiter = { left, deadline, waits: false, givenUp: false, end };
    if (this.#closed || deadline <= performance.now()) return waiter;
    crowd.add(waiter);
    this.#toAsk.add(waiter);
    const timer = setTimeout(() => giveUp(waiter), deadline - performance.now());
    void this.#look();
    await promise;
    clearTimeout(timer);
    crowd.delete(waiter);
    this.#toAsk.delete(waiter);
    if (this.#everybody().length === 0) this.#stopPolling();
    return waiter;
  }

  #everybody(): Waiter[] {
    return [...this.#reads, ...this.#calls];
  }

  /** Called when events were applied, or may have been. */
  #lookAgain(): void {
    if (this.#looking) this.#stale = true;
    else if (this.#resting === undefined) this.#lookAfterRest();
  }

  #lookAfterRest(): void {
    const pause = this.#restsUntil - performance.now();
    if (pause > 0) {
      this.#resting = setTimeout(() => {
        this.#resting = undefined;
        this.#lookAgain();
      }, pause);
      return;
    }
    this.#toAsk = new Set(this.#everybody());
    void this.#look();
  }

  /** Runs one statement at a time, for all waiters that came while the previous one ran. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const began = performance.now();
    while (this.#toAsk.size > 0) {
      const asked = this.#toAsk;
      this.#toAsk = new Set();
      await this.#answer(asked);
    }
    this.#looking = false;
    const now = performance.now();
    this.#restsUntil = now + Math.max(rest.ms, rest.times * (now - began));
    const isStale = this.#stale;
    this.#stale = false;
    if (isStale) this.#lookAgain();
  }

  async #answer(waiters: ReadonlySet<Waiter>): Promise<void> {
    const accountIds = new Set([...waiters].flatMap(({ left }) => [...left.keys()]));
    try {
      // Requests wait for this query, so it gets the time limit of a request.
      const rows = await withPatience(new Patience(), () =>
        this.#options.database.query(readPending, [[...accountIds]]),
      );
      const pending = new Map(rows.map((row) => [row.accountId, row]));
      for (const waiter of waiters) settle(waiter, pending);
      if ([...waiters].some(({ left }) => left.size > 0)) this.#startPolling();
    } catch {
      // The waiters go on, and their own statements will tell them what is wrong with PostgreSQL.
      for (const waiter of waiters) giveUp(waiter);
    }
  }

  #startPolling(): void {
    if (this.#closed) return;
    this.#poll ??= setInterval(() => {
      // The wake after the commit may have been lost, or the process that should have sent it.
      this.#options.wakeWorkers();
      this.#lookAgain();
    }, pollMs);
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}

function giveUp(waiter: Waiter): void {
  waiter.givenUp = true;
  waiter.end();
}

function settle(waiter: Waiter, pending: ReadonlyMap<string, Pending>): void {
  const { left, deadline } = waiter;
  for (const [accountId, until] of left) {
    const row = pending.get(accountId);
    if (row === undefined || (until !== null && row.first > until)) left.delete(accountId);
    else if (row.dueIn > deadline - performance.now()) {
      left.delete(accountId);
      waiter.givenUp = true;
    } else {
      left.set(accountId, until ?? row.last);
      waiter.waits = true;
    }
  }
  if (left.size === 0) waiter.end();
}

// Two look-ups in the index of pending events for each account, however many are pending.
const readPending = statement<Pending>(
  'events.pending',
  `select asked.id as "accountId", head.position as first, tail.position as last,
    (extract(epoch from head.next_attempt_at - clock_timestamp()) * 1000)::float8 as "dueIn"
  from unnest($1::uuid[]) as asked (id)
  cross join lateral (
    select position, next_attempt_at from recorded_event
    where account_id = asked.id and applied_at is null and failed_at is null
    order by account_id, position limit 1
  ) as head
  cross join lateral (
    select position from recorded_event
    where account_id = asked.id and applied_at is null and failed_at is null
    order by account_id desc, position desc limit 1
  ) as tail`,
);
