import { BackgroundLoop } from '../database/background-loop.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';
import type { Logger } from '../logger.ts';

export interface SweeperOptions {
  readonly database: Database;
  readonly log: Logger;
  /** Milliseconds between two sweeps, plus or minus a quarter, so that the processes take turns. */
  readonly every?: number;
}

const hour = 3_600_000;
/** How many rows one transaction removes. */
const batchSize = 1_000;

/** Removes rows that have expired and have no more use, in small batches, in one process at a time. */
export class Sweeper {
  readonly #database: Database;
  readonly #loop: BackgroundLoop;

  constructor({ database, log, every = hour }: SweeperOptions) {
    this.#database = database;
    this.#loop = new BackgroundLoop({
      name: 'the removal of what has expired',
      log,
      everyMs: every,
      jitter: true,
      logsEachFailure: true,
      step: async () => {
        await this.sweep();
        return false;
      },
    });
  }

  /** Begins no more transactions; resolves once the running one has ended. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** Sweeps once, unless another process is sweeping. */
  async sweep(): Promise<void> {
    for (const removal of removals) {
      let more = true;
      while (more && !this.#loop.signal.aborted) more = await this.#remove(removal);
    }
  }

  /** @returns whether there is more to remove */
  #remove(removal: (typeof removals)[number]): Promise<boolean> {
    return transaction(this.#database, async (tx) => {
      const [lock] = await tx.query(takeLock);
      if (lock?.locked !== true) return false;
      const [row] = await tx.query(removal);
      return row?.removed === batchSize;
    });
  }
}

const takeLock = statement<{ locked: boolean }>(
  'sweeper.lock',
  `select pg_try_advisory_xact_lock(hashtextextended('questline_sweeper', 0)) as locked`,
);

/** Skips rows that others have locked; the next sweep looks at them again. */
function removal(table: string, { key, column, age }: { key: string; column: string; age: string }) {
  return statement<{ removed: number }>(
    `sweeper.${table}`,
    `with expired as (
      select ${key} from ${table} where ${column} < now() - interval '${age}'
      order by ${column} limit ${batchSize} for update skip locked
    ), gone as (
      delete from ${table} where (${key}) in (select ${key} from expired) returning 1
    )
    select count(*)::int as removed from gone`,
  );
}

/** Each uses an index on its column. Tokens come before sessions, with which they would all be deleted at once. */
const removals = [
  // By then the token itself is refused as expired, so that a copy cannot reveal a theft any more.
  removal('refresh_token', { key: 'id', column: 'expires_at', age: '1 day' }),
  removal('session', { key: 'id', column: 'expires_at', age: '1 day' }),
  // Valid for at least 24 h (RULES.md, "Idempotency").
  removal('idempotency_key', { key: 'account_id, key', column: 'created_at', age: '48 hours' }),
  // The throttle of guesses does not use older ones (CONTRACT.md, "Authentication").
  removal('known_address', { key: 'account_id, ip_address', column: 'signed_in_at', age: '30 days' }),
  removal('retired_username', { key: 'username', column: 'free_at', age: '0' }),
  removal('sign_in_flow', { key: 'state_hash', column: 'expires_at', age: '1 hour' }),
  removal('one_time_code', { key: 'code_hash', column: 'expires_at', age: '1 hour' }),
];
