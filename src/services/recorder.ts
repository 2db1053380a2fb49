import { v5 as nameBasedUuid } from 'uuid';
import type { Db } from '../database/database.ts';
import { DeferredWrites } from '../database/deferred-writes.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { newUuid } from '../domain/ids.ts';
import type { BuiltInEventType } from './rules/built-in-events.ts';
import { localDate } from './rules/period.ts';

/** Something that the server saw by itself, now. */
export interface OwnEvent {
  readonly accountId: string;
  readonly eventType: BuiltInEventType;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of what counts once, however often it happens, and whoever does it: its id, the same each time. */
  readonly eventId?: string;
}

/** An event that may be recorded. */
export interface NewEvent {
  /** A UUID in lower case. */
  readonly eventId: string;
  readonly eventType: string;
  readonly accountId: string;
  /** The account's IANA zone as it is now. */
  readonly timeZone: string;
  readonly occurredAt: Date;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly source: string | null;
  readonly version: string | null;
}

/** Whoever records. */
export interface EventSource {
  /** Null for the server itself. */
  readonly recordedBy: string | null;
  /** A person who records for themselves: such an event moves only quests that allow it. */
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
  /** Of `at` in that zone. */
  readonly localDate: string;
}

/** Whoever enqueues what the server saw. */
export type OwnEventRecorder = Pick<Recorder, 'recordOwn'>;

/** The one way into the table of events, in the transaction of whatever caused them. */
export class Recorder {
  readonly #wake: () => void;
  readonly #own = new DeferredWrites<OwnEvent>('beforeCommit', (tx, events) => this.#recordOwn(tx, events));

  /** @param wake called after the commit; it wakes the workers */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /**
   * Enqueues what the server saw: it is recorded in this order when the transaction commits. That fails if an account
   * does not exist. What a deleted person did is not recorded, nor what counted before.
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
   * Records events, of which each has its own id; they are applied in this order.
   * @returns the positions of those that were taken, by their ids: the others the source had used before
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
   * Records `user.active` of people, each once for a local date: its id follows from both. Not in a transaction of
   * anything else, for nothing else depends on it. What a deleted person did is not recorded.
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

  /** The people of these accounts that exist, by account; deleted ones too. The others stay until the transaction ends. */
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

// Positions follow the order of the batch. The rows themselves go in by their ids, so that two batches with the same
// ids wait for each other and never in a circle.
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

// What is there already costs no lock: most of what a process has not seen today, another has recorded.
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
