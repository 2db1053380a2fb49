import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { sqlStateOf } from '../database/transaction.ts';
import type { PendingEvent } from './batch.ts';

/** How often an event is tried before it becomes a dead letter. */
export const mostAttempts = 8;
const longestError = 1_000;

/**
 * Notes that an event failed: it waits for its next try, twice as long each time, or becomes a dead letter.
 * @param retryDelay before the second try, in ms
 * @returns how long the person's events wait now, in ms; 0 where the next one may go on
 */
export async function noteFailure(
  database: Pick<Database, 'query'>,
  { recordedEventId, attempts }: PendingEvent,
  error: unknown,
  retryDelay: number,
): Promise<number> {
  // Some 25 % more or less, so that what failed together does not come back together.
  const delay = Math.round(retryDelay * 2 ** attempts * (0.75 + Math.random() / 2));
  const values = [recordedEventId, delay, mostAttempts, describe(error)];
  const [failed] = await database.query(failEvent, values);
  return failed === undefined || failed.dead ? 0 : delay;
}

/** What admins read. The message of PostgreSQL alone: its detail would hold the values of rows. */
function describe(error: unknown): string {
  const state = sqlStateOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return `${state === undefined ? '' : `${state}: `}${message}`.slice(0, longestError);
}

const failEvent = statement<{ dead: boolean }>(
  'pipeline.fail_event',
  `with failed as (
    update recorded_event set attempts = attempts + 1,
      next_attempt_at = now() + $2 * interval '1 millisecond',
      failed_at = case when attempts + 1 >= $3 then now() end
    where id = $1 and applied_at is null and failed_at is null
    returning id, attempts, failed_at
  ), buried as (
    insert into dead_letter (recorded_event_id, error, attempts)
    select id, $4, attempts from failed where failed_at is not null
  )
  select failed_at is not null as dead from failed`,
);
