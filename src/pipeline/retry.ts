import pg from 'pg';
import type { Database } from '../database/database.ts';
import { sqlStateOf } from '../database/sql-state.ts';
import { statement } from '../database/statement.ts';
import type { PendingEvent } from './batch.ts';

/** How often an event is tried before it becomes a dead letter. */
export const maxAttempts = 8;

/**
 * Counts a failed attempt to apply an event, and schedules the next, after twice the delay each time; after the last
 * attempt the event becomes a dead letter.
 * @param retryDelay before the second attempt, in ms
 * @returns the delay before the person's next event, in ms; 0 if it may follow now
 */
export async function scheduleRetry(
  database: Pick<Database, 'query'>,
  { recordedEventId, attempts }: PendingEvent,
  error: unknown,
  retryDelay: number,
): Promise<number> {
  // Up to a quarter more or less, so that what failed together does not come back together.
  const delay = Math.round(retryDelay * 2 ** attempts * (0.75 + Math.random() / 2));
  const values = [recordedEventId, delay, maxAttempts, describe(error)];
  const [failed] = await database.query(failEvent, values);
  return failed === undefined || failed.dead ? 0 : delay;
}

/**
 * What admins read. Not the message, which may repeat what the event or a row holds: PostgreSQL's says which value it
 * did not take. What is said is the same for every value: a state, a kind of error, and names of the schema.
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
