import type { Writer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { ApiError } from '../domain/errors.ts';
import { eventType as eventTypeRule } from '../domain/fields.ts';
import { type AppliedEvents, longestReadWait } from './applied-events.ts';
import type { NewEvent, Person, Recorder } from './recorder.ts';
import { type OpenType, type Recordable, recordable, type ToldEvent } from './rules/recordable.ts';

export interface EventToRecord extends ToldEvent {
  /** A UUID, in any case. */
  readonly eventId: string;
}

export interface RecordingResult {
  /** In lower case. */
  readonly eventId: string;
  readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'REJECTED';
  /** Why it was rejected. */
  readonly message: string | null;
}

export interface EventServiceOptions {
  readonly database: Database;
  readonly recorder: Recorder;
  readonly applied: Pick<AppliedEvents, 'upTo'>;
  /** The most events of one call. */
  readonly mostEvents: number;
}

/** The results of a call, and what the events brought about. */
export interface Recorded {
  /** One for each event, in the order of the events. */
  readonly results: readonly RecordingResult[];
  /** What the events that are applied by now have moved and completed; includes repeated events. */
  outcome(): Promise<OutcomeOfEvents>;
}

/** In the order of the events, at most 1,000 of each. */
export interface OutcomeOfEvents {
  readonly progressIds: readonly string[];
  readonly completionIds: readonly string[];
}

/** How long a call may wait for its events to be applied, in ms. */
const longestWait = 5_000;
/** The most ids of each kind in an outcome. */
const mostTold = 1_000;

interface Recording {
  readonly results: readonly RecordingResult[];
  /** The position of each account's last event. */
  readonly positions: Map<string, number>;
}

type Judged = EventToRecord & { readonly verdict: Recordable };

/** Events that people, services and admins record. */
export class EventService {
  readonly #options: EventServiceOptions;

  constructor(options: EventServiceOptions) {
    this.#options = options;
  }

  /**
   * Records all valid events. An invalid event is rejected by itself, and its id may be used again. Then waits until
   * the recorded and repeated events are applied.
   * @param applyWithin how long to wait at most, in ms; by default 500, and 0 for a service
   * @throws ApiError BAD_USER_INPUT if there are too many events or `applyWithin` is out of range; records nothing then
   */
  async recordEvents(
    viewer: Writer,
    given: readonly EventToRecord[],
    applyWithin = viewer.role === 'SERVICE' ? 0 : longestReadWait,
  ): Promise<Recorded> {
    const { mostEvents } = this.#options;
    if (applyWithin < 0 || applyWithin > longestWait) {
      throw new ApiError(
        'BAD_USER_INPUT',
        `applyWithin must be from 0 to ${longestWait.toLocaleString('en')} milliseconds.`,
      );
    }
    if (given.length > mostEvents) {
      throw new ApiError(
        'BAD_USER_INPUT',
        `At most ${mostEvents.toLocaleString('en')} events are allowed in one call.`,
      );
    }
    const events = given.map((event) => ({ ...event, eventId: event.eventId.toLowerCase() }));
    const results = events.length === 0 ? [] : await this.#recordAll(viewer, events, applyWithin);
    return { results, outcome: () => this.#outcomeOf(viewer, results) };
  }

  async #recordAll(
    viewer: Writer,
    events: readonly EventToRecord[],
    applyWithin: number,
  ): Promise<readonly RecordingResult[]> {
    const { database, applied } = this.#options;
    const { results, positions } = await transaction(database, async (tx) => {
      const recorded = await this.#record(tx, viewer, events);
      // An event that is sent again because the answer was lost may still have to be applied.
      if (applyWithin > 0) await addRepeated(tx, viewer, recorded);
      return recorded;
    });
    await applied.upTo(positions, applyWithin);
    return results;
  }

  /** For a person, only the outcome of their own events, not of those that they recorded for others in another role. */
  async #outcomeOf(
    { accountId, role }: Writer,
    results: readonly RecordingResult[],
  ): Promise<OutcomeOfEvents> {
    const eventIds = idsOfTaken(results);
    if (eventIds.length === 0) return { progressIds: [], completionIds: [] };
    const only = role === 'USER' ? accountId : null;
    const [outcome] = await this.#options.database.query(readOutcome, [accountId, eventIds, only]);
    return outcome ?? { progressIds: [], completionIds: [] };
  }

  async #record(tx: Transaction, viewer: Writer, events: readonly EventToRecord[]): Promise<Recording> {
    const { recorder } = this.#options;
    const people = await recorder.people(tx, accountsOf(viewer, events));
    const judged = await judge(tx, viewer, events, people);
    const used = await usedIds(tx, viewer, judged);
    const { results, fresh } = sort(judged, used, people);
    const source = { recordedBy: viewer.accountId, selfReported: viewer.role === 'USER' };
    const taken = await recorder.record(tx, source, fresh);
    return {
      results: results.map((result) =>
        result.outcome === 'ACCEPTED' && !taken.has(result.eventId)
          ? { ...result, outcome: 'DUPLICATE' }
          : result,
      ),
      positions: positionsOf(fresh, taken),
    };
  }
}

/** The last position of each account; positions rise in the order of the events. */
function positionsOf(fresh: readonly NewEvent[], taken: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    fresh.flatMap(({ accountId, eventId }) => {
      const position = taken.get(eventId);
      return position === undefined ? [] : [[accountId, position] as const];
    }),
  );
}

async function addRepeated(
  tx: Transaction,
  { accountId }: Writer,
  { results, positions }: Recording,
): Promise<void> {
  const repeated = results.flatMap(({ eventId, outcome }) => (outcome === 'DUPLICATE' ? eventId : []));
  if (repeated.length === 0) return;
  for (const { of, position } of await tx.query(readPositions, [accountId, repeated]))
    positions.set(of, Math.max(positions.get(of) ?? 0, position));
}

function idsOfTaken(results: readonly RecordingResult[]): string[] {
  return results.flatMap(({ eventId, outcome }) => (outcome === 'REJECTED' ? [] : eventId));
}

/** The accounts to look up: only their own if a person reports for themselves. */
function accountsOf({ accountId, role }: Writer, events: readonly EventToRecord[]): string[] {
  const others = role === 'USER' ? [] : events.flatMap((event) => event.accountId ?? []);
  return [...new Set([accountId, ...others])];
}

async function judge(
  tx: Transaction,
  { accountId, role }: Writer,
  events: readonly EventToRecord[],
  people: ReadonlyMap<string, Person>,
): Promise<Judged[]> {
  const now = people.get(accountId)?.now;
  if (now === undefined) throw new Error('The account that records does not exist.');
  const selfReported = role === 'USER';
  const openTypes = selfReported ? await tx.query(readOpenTypes, [typesOf(events)]) : [];
  const known = new Set([...people.values()].flatMap((person) => (person.deleted ? [] : person.accountId)));
  const reporter = { accountId, selfReported, now, known, openTypes };
  return events.map((event) => ({ ...event, verdict: recordable(event, reporter) }));
}

/** The valid event types only: PostgreSQL would refuse a NUL, and with it the whole batch. */
function typesOf(events: readonly EventToRecord[]): string[] {
  const given = new Set(events.map(({ eventType }) => eventType));
  return [...given].flatMap((text) => eventTypeRule.safeParse(text).data ?? []);
}

/** The ids of rejected events that this source has used before: a repeated id is a duplicate, whatever its content. */
async function usedIds(
  tx: Transaction,
  { accountId }: Writer,
  judged: readonly Judged[],
): Promise<Set<string>> {
  const rejected = judged.flatMap(({ eventId, verdict }) => ('objection' in verdict ? eventId : []));
  if (rejected.length === 0) return new Set();
  const rows = await tx.query(readUsedIds, [accountId, rejected]);
  return new Set(rows.map(({ eventId }) => eventId));
}

/** Each event's result, as far as it is known before the insert, and the events to write. */
function sort(judged: readonly Judged[], used: ReadonlySet<string>, people: ReadonlyMap<string, Person>) {
  const seen = new Set(used);
  const fresh: NewEvent[] = [];
  const results = judged.map((event): RecordingResult => {
    const { eventId, verdict } = event;
    if (seen.has(eventId)) return { eventId, outcome: 'DUPLICATE', message: null };
    if ('objection' in verdict) return { eventId, outcome: 'REJECTED', message: verdict.objection };
    seen.add(eventId);
    fresh.push(newEvent(event, verdict.fields, people));
    return { eventId, outcome: 'ACCEPTED', message: null };
  });
  return { results, fresh };
}

function newEvent(
  { eventId, accountId, timestamp }: EventToRecord,
  { eventType, data, metadata }: Extract<Recordable, { fields: unknown }>['fields'],
  people: ReadonlyMap<string, Person>,
): NewEvent {
  const person = people.get(accountId ?? '');
  if (person === undefined) throw new Error('An event of nobody was accepted.');
  return {
    eventId,
    eventType,
    accountId: person.accountId,
    timeZone: person.timeZone,
    occurredAt: timestamp,
    data,
    source: metadata?.source ?? null,
    version: metadata?.version ?? null,
  };
}

const readOpenTypes = statement<OpenType>(
  'event.open_types',
  `select event_type as "eventType", starts_at as "startsAt", ends_at as "endsAt" from quest
  where self_reported and not archived and event_type = any($1)`,
);

const readUsedIds = statement<{ eventId: string }>(
  'event.used_ids',
  'select event_id as "eventId" from recorded_event where recorded_by = $1 and event_id = any($2)',
);

const readPositions = statement<{ of: string; position: number }>(
  'event.positions',
  `select account_id as "of", max(position) as position from recorded_event
  where recorded_by = $1 and event_id = any($2) and applied_at is null and failed_at is null group by account_id`,
);

const readOutcome = statement<OutcomeOfEvents>(
  'event.outcome',
  `with event as materialized (
    select account_id, position, moved_quest_ids, completion_ids from recorded_event
    where recorded_by = $1 and event_id = any($2) and applied_at is not null
      and ($3::uuid is null or account_id = $3)
  ), moved as (
    select account_id, quest_id, min(position) as first
    from event cross join unnest(moved_quest_ids) as quest_id group by account_id, quest_id
  )
  select
    array(
      select id from moved join quest_progress using (account_id, quest_id)
      order by first, quest_id limit ${mostTold}
    ) as "progressIds",
    array(
      select completion_id from event
      cross join unnest(completion_ids) with ordinality as reached (completion_id, place)
      order by position, place limit ${mostTold}
    ) as "completionIds"`,
);
