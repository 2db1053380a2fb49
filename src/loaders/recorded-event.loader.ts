import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { DeadLetter } from '../entities/dead-letter.entity.ts';
import { RecordedEvent } from '../entities/recorded-event.entity.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';

const eventColumns = columnsOf(RecordedEvent, 'e', [
  'id',
  'position',
  'accountId',
  'eventId',
  'eventType',
  { timestamp: 'occurredAt' },
  'data',
  'source',
  'recordedAt',
  'appliedAt',
]);

export interface RecordedEventRow extends NodeRow, RowOf<typeof eventColumns> {}

export const recordedEventById = makeByIdLoader({
  prefix: 'event',
  statement: statement<RecordedEventRow>(
    'event.byId',
    `select ${eventColumns.sql} from recorded_event e where e.id = any($1::uuid[])`,
  ),
});

export const recordedEventList = makeList<RecordedEventRow, 'newest', 'accountId' | 'eventType'>({
  name: 'events',
  prefix: 'event',
  columns: eventColumns.sql,
  from: 'recorded_event e',
  filters: {
    accountId: (value) => `e.account_id = ${value}::uuid`,
    eventType: (value) => `e.event_type = ${value}`,
  },
  orders: { newest: { direction: 'desc', keys: [{ sql: 'e.position', type: 'bigint', field: 'position' }] } },
});

const deadLetterColumns = columnsOf(DeadLetter, 'd', [
  'id',
  'recordedEventId',
  'error',
  'attempts',
  'failedAt',
  'replayedAt',
]);

export interface DeadLetterRow extends NodeRow, RowOf<typeof deadLetterColumns> {}

export const deadLetterById = makeByIdLoader({
  prefix: 'deadletter',
  statement: statement<DeadLetterRow>(
    'deadletter.byId',
    `select ${deadLetterColumns.sql} from dead_letter d where d.id = any($1::uuid[])`,
  ),
});

/** Dead letters that wait for a replay. */
export const deadLetterList = makeList<DeadLetterRow, 'newest'>({
  name: 'deadLetters',
  prefix: 'deadletter',
  columns: deadLetterColumns.sql,
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
