import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';

export interface RecordedEventRow extends NodeRow {
  readonly position: number;
  readonly accountId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly timestamp: Date;
  readonly data: object | null;
  readonly source: string | null;
  readonly recordedAt: Date;
  readonly appliedAt: Date | null;
}

const eventColumns = `e.id as "uuid", e.position, e.account_id as "accountId", e.event_id as "eventId",
  e.event_type as "eventType", e.occurred_at as "timestamp", e.data, e.source, e.recorded_at as "recordedAt",
  e.applied_at as "appliedAt"`;

export const recordedEventById = makeByIdLoader({
  prefix: 'event',
  statement: statement<RecordedEventRow>(
    'event.byId',
    `select ${eventColumns} from recorded_event e where e.id = any($1::uuid[])`,
  ),
});

export const recordedEventList = makeList<RecordedEventRow, 'newest', 'accountId' | 'eventType'>({
  name: 'events',
  prefix: 'event',
  columns: eventColumns,
  from: 'recorded_event e',
  filters: {
    accountId: (value) => `e.account_id = ${value}::uuid`,
    eventType: (value) => `e.event_type = ${value}`,
  },
  orders: { newest: { direction: 'desc', keys: [{ sql: 'e.position', type: 'bigint', field: 'position' }] } },
});

export interface DeadLetterRow extends NodeRow {
  readonly recordedEventId: string;
  readonly error: string;
  readonly attempts: number;
  readonly failedAt: Date;
  readonly replayedAt: Date | null;
}

const deadLetterColumns = `d.id as "uuid", d.recorded_event_id as "recordedEventId", d.error, d.attempts,
  d.failed_at as "failedAt", d.replayed_at as "replayedAt"`;

export const deadLetterById = makeByIdLoader({
  prefix: 'deadletter',
  statement: statement<DeadLetterRow>(
    'deadletter.byId',
    `select ${deadLetterColumns} from dead_letter d where d.id = any($1::uuid[])`,
  ),
});

/** Those that wait for a replay. */
export const deadLetterList = makeList<DeadLetterRow, 'newest'>({
  name: 'deadLetters',
  prefix: 'deadletter',
  columns: deadLetterColumns,
  from: 'dead_letter d',
  where: 'd.replayed_at is null',
  orders: {
    newest: {
      direction: 'desc',
      keys: [
        { sql: 'd.failed_at', type: 'timestamptz', field: 'failedAt' },
        { sql: 'd.id', type: 'uuid', field: 'uuid' },
      ],
    },
  },
});
