import pg from 'pg';
import type { Database } from '../database/database.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import { statement } from '../database/statement.ts';
import type { PendingEvent } from './batch.ts';

/** How many attempts an event has before it becomes a dead letter. */
export const maxAttempts = 8;

/**
 * Counts a failed attempt to apply an event, and schedules the next one; the delay doubles each time. After the last
 * attempt the event becomes a dead letter.
 * @param retryDelay the delay before the second attempt, in ms
 * @returns the delay before the person's next event, in ms; 0 if it may follow at once
 */
export async function scheduleRetry(
  database: Pick<Database, 'query'>,
  { recordedEventId, attempts }: PendingEvent,
  error: unknown,
  retryDelay: number,
): Promise<number> {
  // Plus or minus up to a quarter, so that events that failed together are not retried together.
  const delay = Math.round(retryDelay * 2 ** attempts * (0.75 + Math.random() / 2));
  const values = [recordedEventId, delay, maxAttempts, describe(error)];
  const [failed] = await database.query(failEvent, values);
  return failed === undefined || failed.dead ? 0 : delay;
}

/**
 * The description that admins read. Omits the error's message, which may repeat data of the event or a row:
 * PostgreSQL's contains the value that it refused. Gives only the SQLSTATE or kind of error, and names from the schema.
 */
function describe(error: unknown): string {
  const state = sqlStateOf(error);
  const kind = state ?? (error instanceof Error ? error.name : 'Error');
  const names = namesOf(error);
  return `${kind}${names.length === 0 ? '' : `: ${names.join(', ')}`}. The log has the rest.`;
}

/** Such as `constraint wallet_gold_check`. */
function namesOf(error: unknown): string[] {
  if (error instanceof pg.DatabaseError) {
    const { table, column, constraint } = error;
    const places = Object.entries({ table, column, constraint });
    return places.flatMap(([what, name]) => (name === undefined ? [] : `${what} ${name}`));
  }
  return error instanceof Error && error.cause !== undefined ? namesOf(error.cause) : [];
}

const failEvent = statement<{ dead: boolean }>(
  'pipeline.fail_event',
  `with failed as (
    update recorded_event set attempts = attempts + 1,
      next_attempt_at = now() + $2 * interval '1 millisecond',
      failed_at = case when attempts + 1 >= $3 then now() end
    where id = $1 and applied_at is null and failed_at is null
    returning id, attempts, failed_at
  ), dead_lettered as (
    insert into dead_letter (recorded_event_id, error, attempts)
    select id, $4, attempts from failed where failed_at is not null
  )
  select failed_at is not null as dead from failed`,
);
