import { z } from 'zod';
import { check, data, eventType, instant, metadata } from '../../domain/fields.ts';
import { Refusal } from '../../domain/refusal.ts';
import { isBuiltIn } from './built-in-events.ts';

/** How old an event may be when it is recorded, and how far ahead, in ms (RULES.md, Events). */
export const oldestEvent = 48 * 3_600_000;
export const farthestAhead = 5 * 60_000;

/** An event as it was reported. */
export interface ToldEvent {
  readonly eventType: string;
  /** An invalid Date if the input was not a valid timestamp. */
  readonly timestamp: Date;
  /** The account that it is about; null if the given id is not a user's. */
  readonly accountId: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly metadata: EventMetadata | null;
}

export interface EventMetadata {
  readonly source?: string | null | undefined;
  readonly version?: string | null | undefined;
}

/** A type that people may record for themselves, and the window of the quest that allows it. */
export interface OpenType {
  readonly eventType: string;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/** The account that records, and what the check needs to know. */
export interface Reporter {
  readonly accountId: string;
  /** Whether a person records: they may do so only for themselves, and only types that quests allow. */
  readonly selfReported: boolean;
  readonly now: Date;
  /** The accounts that the events are about, if they exist and are not deleted. */
  readonly known: ReadonlySet<string>;
  /** From the quests with `selfReported` that are not archived. */
  readonly openTypes: readonly OpenType[];
}

/** An event's fields as they are stored, or why it cannot be recorded, for a person to read. */
export type Recordable = { readonly fields: EventFields } | { readonly objection: string };

export type EventFields = z.output<typeof fieldRules>;

const fieldRules = z.object({
  eventType,
  timestamp: instant,
  data: data.nullable(),
  metadata: metadata.nullable(),
});

/** Whether this event may be recorded by this account, now. */
export function recordable(event: ToldEvent, reporter: Reporter): Recordable {
  const fields = check(fieldRules, event, []);
  if (fields instanceof Refusal) return { objection: inOneLine(fields) };
  const objection =
    objectionToTime(event.timestamp, reporter.now) ??
    objectionToPerson(event.accountId, reporter) ??
    (reporter.selfReported ? objectionToType(fields.eventType, event.timestamp, reporter.openTypes) : null);
  return objection === null ? { fields } : { objection };
}

function inOneLine({ errors }: Refusal): string {
  return errors.map(({ field, message }) => `${field?.join('.') ?? 'event'}: ${message}`).join(' ');
}

function objectionToTime(timestamp: Date, now: Date): string | null {
  const age = now.getTime() - timestamp.getTime();
  if (age > oldestEvent) return 'The event is more than 48 hours old.';
  if (-age > farthestAhead) return 'The timestamp is more than 5 minutes in the future.';
  return null;
}

function objectionToPerson(
  accountId: string | null,
  { accountId: own, selfReported, known }: Reporter,
): string | null {
  // Checked first, so that the answer does not reveal which accounts exist.
  if (selfReported && accountId !== own) return 'You can record events only for yourself.';
  return accountId !== null && known.has(accountId) ? null : 'There is no such user.';
}

function objectionToType(eventType: string, at: Date, openTypes: readonly OpenType[]): string | null {
  if (isBuiltIn(eventType)) return 'Only the server records events of this type.';
  const isOpen = openTypes.some(
    (open) =>
      open.eventType === eventType &&
      (open.startsAt === null || open.startsAt <= at) &&
      (open.endsAt === null || at < open.endsAt),
  );
  return isOpen ? null : 'No open quest lets people report events of this type.';
}
