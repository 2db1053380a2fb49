import {
  type Cadence,
  localDate,
  type PeriodicCadence,
  periodicCadences,
  periodOf,
  periodsMissed,
} from './period.ts';

/** The rule of a quest (RULES.md, Quests). A STREAK needs a cadence. */
export interface QuestRule {
  readonly kind: 'COUNT' | 'STREAK';
  readonly cadence: Cadence;
  /** In events, or in consecutive periods for a STREAK. */
  readonly goal: number;
  /** In the person's whole life; null for no limit. */
  readonly maxCompletions: number | null;
}

/** A recorded event that matched the quest. */
export interface Occurrence {
  /** A UUID in lower case, as PostgreSQL writes it. Orders events with equal timestamps. */
  readonly eventId: string;
  readonly at: Date;
  /** The account's IANA zone when the event was recorded. */
  readonly zone: string;
  /** The date of `at` in that zone, stored with the event. */
  readonly localDate: string;
}

/** A person's progress in a quest: everything that is kept between two events. */
export interface Progress {
  /** The count in the current run; 0 after a completion. */
  readonly count: number;
  /** The last period that counted; null without a cadence, or before the first. */
  readonly period: string | null;
  /** Whether the quest was completed in `period`. Always false without a cadence. */
  readonly completed: boolean;
  readonly completions: number;
  /** How many of the completions the last replay did not reach. If there are any, only a replay is exact. */
  readonly unreached: number;
  /** The latest matched event by (timestamp, eventId), whether it counted or not; null before the first. */
  readonly lastAt: Date | null;
  readonly lastEventId: string | null;
  readonly lastZone: string | null;
}

export interface Step {
  /** To be stored even if nothing advanced, because the latest event changes. */
  readonly progress: Progress;
  /** Whether the event counts towards the run. */
  readonly advanced: boolean;
  /** May be true if `advanced` is false: a streak whose goal was lowered is completed by the next event. */
  readonly completed: boolean;
  /** The length of the run with this event; a completion freezes it as the goal that it met. */
  readonly runLength: number;
}

export interface Replay {
  readonly progress: Progress;
  /** Only the completions that do not exist yet. */
  readonly completions: readonly ReplayedCompletion[];
}

export interface ReplayedCompletion {
  readonly ordinal: number;
  /** Oldest first; for a STREAK the one event of each period that advanced it. */
  readonly eventIds: readonly string[];
  readonly runLength: number;
}

export type QuestState = 'ACTIVE' | 'COMPLETED' | 'EXHAUSTED';

export interface Standing {
  readonly count: number;
  readonly state: QuestState;
  readonly period: string | null;
}

export const emptyProgress: Progress = Object.freeze({
  count: 0,
  period: null,
  completed: false,
  completions: 0,
  unreached: 0,
  lastAt: null,
  lastEventId: null,
  lastZone: null,
});

/**
 * Whether `step` gives the same result as a replay of the whole history: the event is the latest by (timestamp,
 * eventId), and for a COUNT with a cadence its period is not before the last one, because that would need the count of
 * that earlier period. Within the last period of a COUNT, and always without a cadence, the order does not matter.
 */
export function isInOrder(rule: QuestRule, progress: Progress, occurrence: Occurrence): boolean {
  if (progress.unreached > 0) return false;
  if (rule.cadence === 'NONE') return true;
  const period = periodOf(rule.cadence, occurrence.localDate);
  if (rule.kind === 'COUNT' && period === progress.period) return true;
  if (compareToLast(progress, occurrence) <= 0) return false;
  return rule.kind === 'STREAK' || !isBack(progress, period);
}

/**
 * Moves a person's progress by one event that is in order. An exhausted quest does not move.
 * @throws RangeError if `isInOrder` is false: then only a replay is exact
 */
export function step(rule: QuestRule, progress: Progress, occurrence: Occurrence): Step {
  if (!isInOrder(rule, progress, occurrence)) throw new RangeError('The event is out of order: replay.');
  return advance(rule, progress, occurrence);
}

/**
 * A person's standing at a moment without any event. The count is 0 in a new period, or if the streak is broken; a
 * streak is not broken while the current period can still continue it. If the current period lies before the last one
 * that counted (after a flight to the west), the standing is that of the last one.
 */
export function progressAsOf(rule: QuestRule, progress: Progress, now: Date, zone: string): Standing {
  const standing = standingAt(rule, progress, now, zone);
  return isExhausted(rule, progress) ? { ...standing, state: 'EXHAUSTED' } : standing;
}

/**
 * The states at a moment, for a list that PostgreSQL filters by them. The statement gets the label of each cadence's
 * current period, so that the filter always agrees with `state`. Equal values share a statement, and there are never
 * more than three local dates at once.
 */
export function statesAsOf(states: readonly QuestState[], now: Date, zone: string): string {
  const today = localDate(now, zone);
  const present = Object.fromEntries(periodicCadences.map((cadence) => [cadence, periodOf(cadence, today)]));
  return JSON.stringify({ states, present });
}

function standingAt(rule: QuestRule, progress: Progress, now: Date, zone: string): Standing {
  const { count, period } = progress;
  if (rule.cadence === 'NONE' || period === null) return { count, state: 'ACTIVE', period };
  const present = periodOf(rule.cadence, localDate(now, zone));
  if (present <= period) return { count, state: progress.completed ? 'COMPLETED' : 'ACTIVE', period };
  const goesOn =
    rule.kind === 'STREAK' && follows(rule.cadence, progress, { at: now, zone, period: present });
  return { count: goesOn ? count : 0, state: 'ACTIVE', period };
}

/** Moves the progress by the next event in the order of (timestamp, eventId). */
export function advance(rule: QuestRule, progress: Progress, occurrence: Occurrence): Step {
  if (isExhausted(rule, progress)) {
    return { progress, advanced: false, completed: false, runLength: progress.count };
  }
  const seen = compareToLast(progress, occurrence) < 0 ? progress : withLast(progress, occurrence);
  if (rule.cadence === 'NONE') return settle(rule, { ...seen, count: seen.count + 1 });
  const period = periodOf(rule.cadence, occurrence.localDate);
  if (rule.kind === 'COUNT') return countWithin(rule, seen, period);
  if (progress.period !== null && period <= progress.period)
    return { ...settle(rule, seen), advanced: false };
  const { at, zone } = occurrence;
  const count = follows(rule.cadence, progress, { at, zone, period }) ? seen.count + 1 : 1;
  return settle(rule, { ...seen, count, period, completed: false });
}

function countWithin(rule: QuestRule, seen: Progress, period: string): Step {
  if (period !== seen.period) return settle(rule, { ...seen, count: 1, period, completed: false });
  if (seen.completed) return { progress: seen, advanced: false, completed: false, runLength: seen.count };
  return settle(rule, { ...seen, count: seen.count + 1 });
}

/** Completes the run if it has met the goal. It may exceed the goal, because goals can be lowered. */
function settle(rule: QuestRule, progress: Progress): Step {
  const runLength = progress.count;
  if (runLength < rule.goal) return { progress, advanced: true, completed: false, runLength };
  const completions = progress.completions + 1;
  const after = { ...progress, count: 0, completed: rule.cadence !== 'NONE', completions };
  return { progress: after, advanced: true, completed: true, runLength };
}

/**
 * Whether a moment continues the streak. The gap is measured from the latest event, not from the last one that counted:
 * somebody who flew west and was active again on a date that had counted before has missed nothing. The label that
 * follows the last one that counted continues it as well.
 */
function follows(
  cadence: PeriodicCadence,
  progress: Progress,
  to: { at: Date; zone: string; period: string },
): boolean {
  const { lastAt, lastZone, period } = progress;
  if (lastAt === null || lastZone === null || period === null) return false;
  return periodsMissed(cadence, { at: lastAt, zone: lastZone, period }, to) === 0;
}

/** Whether a period of a COUNT lies before the last one that counted; then its own count is needed. */
export function isBack(progress: Progress, period: string | null): boolean {
  return period !== null && progress.period !== null && period < progress.period;
}

/** Whether the person has completed the quest as often as they may, so that it no longer moves. */
export function isExhausted(rule: QuestRule, progress: Progress): boolean {
  return rule.maxCompletions !== null && progress.completions >= rule.maxCompletions;
}

/** The progress with this event as the latest. */
export function withLast(progress: Progress, occurrence: Occurrence): Progress {
  const { at, eventId, zone } = occurrence;
  return { ...progress, lastAt: at, lastEventId: eventId, lastZone: zone };
}

function compareToLast(progress: Progress, occurrence: Occurrence): number {
  const { lastAt, lastEventId } = progress;
  if (lastAt === null || lastEventId === null) return 1;
  return compareOccurrences(occurrence, { at: lastAt, eventId: lastEventId });
}

/** The order of a replay: by (timestamp, eventId). */
export function compareOccurrences(
  one: Pick<Occurrence, 'at' | 'eventId'>,
  other: Pick<Occurrence, 'at' | 'eventId'>,
): number {
  const byTime = one.at.getTime() - other.at.getTime();
  if (byTime !== 0) return byTime;
  if (one.eventId === other.eventId) return 0;
  return one.eventId < other.eventId ? -1 : 1;
}
