import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { BackgroundLoop } from '../database/background-loop.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Logger } from '../logger.ts';
import type { Recorder } from './recorder.ts';
import { localDate } from './rules/period.ts';

export interface ActivityOptions {
  readonly database: Pick<Database, 'query'>;
  readonly recorder: Pick<Recorder, 'recordActive'>;
  readonly log: Logger;
}

/** People who come within this time are recorded together, in ms. */
const gather = 20;
const mostTogether = 500;
/** If more people wait, the others are recorded at their next request. */
const mostWaiting = 10_000;
const mostKnown = 100_000;
/** The pause after a failure, in ms. */
const retryMs = 1_000;
/** In every zone, a day begins at a full quarter of an hour UTC: until the next one nobody's date changes. In ms. */
const quarter = 15 * 60_000;

/**
 * Records `user.active`, at most once for each account and local day. A request costs one look into memory; PostgreSQL
 * is asked in the background, for many people at once. Only PostgreSQL knows what all processes have recorded; what
 * this process remembers saves asking again, and is valid until the next quarter of an hour.
 */
export class Activity {
  readonly #options: ActivityOptions;
  /** Until when nothing more has to be recorded, by account; in ms since 1970. */
  readonly #known = new LRUCache<string, number>({ max: mostKnown });
  readonly #waiting = new Set<string>();
  readonly #loop: BackgroundLoop;

  constructor(options: ActivityOptions) {
    this.#options = options;
    this.#loop = new BackgroundLoop({
      name: 'the record of who is active',
      log: options.log,
      retryMs,
      finishes: true,
      step: () => this.#recordNext(),
    });
  }

  /** Notes that somebody is here: by an authenticated request, a socket, or a renewal. Never waits, and never fails. */
  note(accountId: string): void {
    if ((this.#known.get(accountId) ?? 0) > Date.now()) return;
    if (this.#loop.signal.aborted || this.#waiting.size >= mostWaiting) return;
    this.#waiting.add(accountId);
    this.#loop.wake();
  }

  /** Notes that somebody's zone has changed, and perhaps their local day with it. */
  noteMove(accountId: string): void {
    this.#known.delete(accountId);
    this.note(accountId);
  }

  /** Records the people who are waiting, and nobody after them. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** If it fails, the next request of each of these people tries again. */
  async #recordNext(): Promise<boolean> {
    if (this.#waiting.size === 0) return false;
    if (this.#waiting.size < mostTogether) await delay(gather);
    const accountIds = [...this.#waiting].slice(0, mostTogether);
    for (const accountId of accountIds) this.#waiting.delete(accountId);
    await this.#recordSome(accountIds);
    return this.#waiting.size > 0;
  }

  async #recordSome(accountIds: readonly string[]): Promise<void> {
    const { database, recorder } = this.#options;
    const people = await database.query(readZones, [accountIds]);
    const present = people.map((person) => ({ ...person, localDate: localDate(person.at, person.timeZone) }));
    await recorder.recordActive(database, present);
    for (const { accountId, at } of present) {
      this.#known.set(accountId, (Math.floor(at.getTime() / quarter) + 1) * quarter);
    }
  }
}

const readZones = statement<{ accountId: string; timeZone: string; at: Date }>(
  'activity.zones',
  `select id as "accountId", time_zone as "timeZone", now()::timestamptz(3) as at from account
  where id = any($1::uuid[]) and deleted_at is null`,
);
