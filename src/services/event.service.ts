import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { ApiError } from './api-error.ts';
import type { NewEvent, Person, Recorder } from './recorder.ts';
import { eventType as eventTypeRule } from './rules/fields.ts';
import { type OpenType, type Recordable, recordable, type ToldEvent } from './rules/recordable.ts';

export interface EventInput extends ToldEvent {
  /** A UUID, in any case. */
  readonly eventId: string;
}

export interface EventResult {
  /** In lower case. */
  readonly eventId: string;
  readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'REJECTED';
  /** Why it was rejected. */
  readonly message: string | null;
}

export interface EventServiceOptions {
  readonly database: Database;
  readonly recorder: Recorder;
  /** The most events of one call. */
  readonly mostEvents: number;
}

type Reporter = Pick<Viewer, 'accountId' | 'role'>;
type Judged = EventInput & { readonly verdict: Recordable };

/** Events from outside: what people, services and admins saw. */
export class EventService {
  readonly #options: EventServiceOptions;

  constructor(options: EventServiceOptions) {
    this.#options = options;
  }

  /**
   * Takes what can be taken: a bad event is rejected by itself, and its id may come again.
   * @returns one result for each event, in their order
   * @throws ApiError BAD_USER_INPUT where there are too many; then none is taken
   */
  async recordEvents(viewer: Reporter, given: readonly EventInput[]): Promise<readonly EventResult[]> {
    const { database, mostEvents } = this.#options;
    if (given.length > mostEvents) {
      throw new ApiError(
        'BAD_USER_INPUT',
        `At most ${mostEvents.toLocaleString('en')} events go in one call.`,
      );
    }
    if (given.length === 0) return [];
    const events = given.map((event) => ({ ...event, eventId: event.eventId.toLowerCase() }));
    return transaction(database, (tx) => this.#record(tx, viewer, events));
  }

  async #record(
    tx: Transaction,
    viewer: Reporter,
    events: readonly EventInput[],
  ): Promise<readonly EventResult[]> {
    const { recorder } = this.#options;
    const people = await recorder.people(tx, accountsOf(viewer, events));
    const judged = await judge(tx, viewer, events, people);
    const used = await usedIds(tx, viewer, judged);
    const { results, fresh } = sort(judged, used, people);
    const source = { recordedBy: viewer.accountId, selfReported: viewer.role === 'USER' };
    const taken = await recorder.record(tx, source, fresh);
    return results.map((result) =>
      result.outcome === 'ACCEPTED' && !taken.has(result.eventId)
        ? { ...result, outcome: 'DUPLICATE' }
        : result,
    );
  }
}

/** The accounts to look up: a person speaks of nobody else. */
function accountsOf({ accountId, role }: Reporter, events: readonly EventInput[]): string[] {
  const others = role === 'USER' ? [] : events.flatMap((event) => event.accountId ?? []);
  return [...new Set([accountId, ...others])];
}

async function judge(
  tx: Transaction,
  { accountId, role }: Reporter,
  events: readonly EventInput[],
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

/** What is no type at all is asked for nowhere: PostgreSQL would refuse a NUL, and with it the whole batch. */
function typesOf(events: readonly EventInput[]): string[] {
  const given = new Set(events.map(({ eventType }) => eventType));
  return [...given].flatMap((text) => eventTypeRule.safeParse(text).data ?? []);
}

/** Of the ids of events that can't be recorded, those that this source has used: a repeat is one, whatever it says. */
async function usedIds(
  tx: Transaction,
  { accountId }: Reporter,
  judged: readonly Judged[],
): Promise<Set<string>> {
  const rejected = judged.flatMap(({ eventId, verdict }) => ('objection' in verdict ? eventId : []));
  if (rejected.length === 0) return new Set();
  const rows = await tx.query(readUsedIds, [accountId, rejected]);
  return new Set(rows.map(({ eventId }) => eventId));
}

/** What becomes of each event, as far as the table does not know better, and the events to write. */
function sort(judged: readonly Judged[], used: ReadonlySet<string>, people: ReadonlyMap<string, Person>) {
  const seen = new Set(used);
  const fresh: NewEvent[] = [];
  const results = judged.map((event): EventResult => {
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
  { eventId, accountId, timestamp }: EventInput,
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
