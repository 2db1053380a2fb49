import { v5 as nameBasedUuid } from 'uuid';
import type { Db } from '../database/database.ts';
import { DeferredWrites } from '../database/deferred-writes.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { newUuid } from '../domain/ids.ts';
import type { BuiltInEventType } from './rules/built-in-events.ts';
import { localDate } from './rules/period.ts';

/** An event that the server itself records, as of now. */
export interface OwnEvent {
  readonly accountId: string;
  readonly eventType: BuiltInEventType;
  readonly data: Readonly<Record<string, unknown>>;
  /** For what counts only once, however often it happens and whoever does it: an id that is the same each time. */
  readonly eventId?: string;
}

/** A valid event to be recorded. */
export interface NewEvent {
  /** A UUID in lower case. */
  readonly eventId: string;
  readonly eventType: string;
  readonly accountId: string;
  /** The account's current IANA zone. */
  readonly timeZone: string;
  readonly occurredAt: Date;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly source: string | null;
  readonly version: string | null;
}

/** The source of events. */
export interface EventSource {
  /** Null for the server itself. */
  readonly recordedBy: string | null;
  /** Whether a person records for themselves; such an event moves only quests that allow it. */
  readonly selfReported: boolean;
}

export interface Person {
  readonly accountId: string;
  readonly timeZone: string;
  readonly deleted: boolean;
  /** The database's clock. */
  readonly now: Date;
}

/** Somebody who was here, by the database's clock. */
export interface Presence {
  readonly accountId: string;
  readonly timeZone: string;
  readonly at: Date;
  /** The date of `at` in that zone. */
  readonly localDate: string;
}

/** The part of the recorder that enqueues the server's own events. */
export type OwnEventRecorder = Pick<Recorder, 'recordOwn'>;

/** The only code that inserts into the table of events, in the transaction that caused them. */
export class Recorder {
  readonly #wake: () => void;
  readonly #own = new DeferredWrites<OwnEvent>('beforeCommit', (tx, events) => this.#recordOwn(tx, events));

  /** @param wake called after the commit; it wakes the workers */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /**
   * Enqueues the server's own events, which are recorded in this order when the transaction commits. The commit fails
   * if an account does not exist. Events of deleted people, and ids that were recorded before, are skipped.
   */
  recordOwn(tx: Transaction, ...events: readonly OwnEvent[]): void {
    this.#own.add(tx, events);
  }

  async #recordOwn(tx: Transaction, events: readonly OwnEvent[]): Promise<void> {
    const people = await this.people(tx, [...new Set(events.map(({ accountId }) => accountId))]);
    const recorded = events.flatMap(({ accountId, eventType, data, eventId = newUuid() }) => {
      const person = people.get(accountId);
      if (person === undefined)
        throw new Error('An event was to be recorded for an account that does not exist.');
      if (person.deleted) return [];
      const { timeZone, now: occurredAt } = person;
      return {
        eventId,
        eventType,
        accountId,
        timeZone,
        occurredAt,
        data,
        source: null,
        version: null,
      };
    });
    await this.record(tx, { recordedBy: null, selfReported: false }, recorded);
  }

  /**
   * Records events, each with an id of its own; they are applied in this order.
   * @returns the positions of the recorded events, by their ids; the source had used the other ids before
   */
  async record(
    tx: Transaction,
    source: EventSource,
    events: readonly NewEvent[],
  ): Promise<ReadonlyMap<string, number>> {
    if (events.length === 0) return new Map();
    const rows = await tx.query(insertEvents, [
      source.recordedBy,
      source.selfReported,
      events.map(({ eventId }) => eventId),
      events.map(({ eventType }) => eventType),
      events.map(({ accountId }) => accountId),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ timeZone }) => timeZone),
      events.map(({ occurredAt, timeZone }) => localDate(occurredAt, timeZone)),
      events.map(({ data }) => (data === null ? null : JSON.stringify(data))),
      events.map(({ source }) => source),
      events.map(({ version }) => version),
    ]);
    if (rows.length > 0) tx.afterCommit(this.#wake);
    return new Map(rows.map(({ eventId, position }) => [eventId, position]));
  }

  /**
   * Records `user.active`, once for each person and local date, from which its id is derived. Runs outside of other
   * transactions, because nothing else depends on it. Skips deleted people.
   */
  async recordActive(db: Db, people: readonly Presence[]): Promise<void> {
    if (people.length === 0) return;
    const rows = await db.query(insertActive, [
      people.map(({ accountId }) => accountId),
      people.map(({ accountId, localDate }) => nameBasedUuid(localDate, accountId)),
      people.map(({ at }) => at),
      people.map(({ timeZone }) => timeZone),
      people.map(({ localDate }) => localDate),
    ]);
    if (rows.length > 0) this.#wake();
  }

  /** Reads these accounts, also deleted ones, by id. Keeps the others from deletion until the transaction ends. */
  async people(tx: Transaction, accountIds: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    const rows = await tx.query(readPeople, [accountIds]);
    return new Map(rows.map((person) => [person.accountId, person]));
  }
}

const readPeople = statement<Person>(
  'recorder.people',
  `select id as "accountId", time_zone as "timeZone", deleted_at is not null as deleted, now()::timestamptz(3) as now
  from account where id = any($1) order by id for key share`,
);

// Positions follow the order of the batch. The rows are inserted in the order of their ids, so that two batches with
// the same ids cannot deadlock.
const insertEvents = statement<{ eventId: string; position: number }>(
  'recorder.insert',
  `with placed as materialized (
    select nextval('recorded_event_position_seq') as position, given.* from (
      select * from unnest($3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::text[], $9::jsonb[],
        $10::text[], $11::text[]) with ordinality
        as event (event_id, event_type, account_id, occurred_at, time_zone, local_date, data, source, version, place)
      order by place
    ) as given
  )
  insert into recorded_event (recorded_by, self_reported, position, event_id, event_type, account_id, occurred_at,
    time_zone, local_date, data, source, version)
  select $1, $2, position, event_id, event_type, account_id, occurred_at, time_zone, local_date, data, source, version
  from placed order by event_id
  on conflict (recorded_by, event_id) do nothing
  returning event_id as "eventId", position`,
);

// Skips what is recorded already before taking locks: often another process has recorded it today.
const insertActive = statement<{ eventId: string }>(
  'activity.record',
  `with given as (
    select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[])
      as active (account_id, event_id, occurred_at, time_zone, local_date)
    where not exists (select from recorded_event r where r.recorded_by is null and r.event_id = active.event_id)
  ), living as materialized (
    select id from account where id in (select account_id from given) and deleted_at is null
    order by id for key share
  )
  insert into recorded_event (event_id, event_type, account_id, occurred_at, time_zone, local_date, data)
  select event_id, 'user.active', account_id, occurred_at, time_zone, local_date, '{}'
  from given join living on living.id = account_id order by event_id
  on conflict (recorded_by, event_id) do nothing
  returning event_id as "eventId"`,
);
