import {
  type Cadence,
  localDate,
  type PeriodicCadence,
  periodicCadences,
  periodOf,
  periodsMissed,
} from './period.ts';

/** What a quest asks for (RULES.md, Quests). A STREAK needs a cadence. */
export interface QuestRule {
  readonly kind: 'COUNT' | 'STREAK';
  readonly cadence: Cadence;
  /** Events, or consecutive periods. */
  readonly goal: number;
  /** In the person's whole life; null for no limit. */
  readonly maxCompletions: number | null;
}

/** A recorded event that matched the quest. */
export interface Occurrence {
  /** A UUID in lower case, as PostgreSQL writes it: it breaks ties between equal timestamps. */
  readonly eventId: string;
  readonly at: Date;
  /** The account's IANA zone when the event was recorded. */
  readonly zone: string;
  /** The date of `at` in that zone, stored with the event. */
  readonly localDate: string;
}

/** Where a person stands in a quest: all that has to be kept between two events. */
export interface Progress {
  /** How far in the present run; 0 after a completion. */
  readonly count: number;
  /** The last period that counted; null without a cadence, or before the first. */
  readonly period: string | null;
  /** Whether `period` had its completion. Always false without a cadence. */
  readonly completed: boolean;
  readonly completions: number;
  /** Of the completions, those that the last replay did not reach. While there are any, only a replay is exact. */
  readonly unreached: number;
  /** The latest matched event by (timestamp, eventId), whether it counted or not; null before the first. */
  readonly lastAt: Date | null;
  readonly lastEventId: string | null;
  readonly lastZone: string | null;
}

export interface Step {
  /** To be stored, even where nothing advanced: the latest event moves on. */
  readonly progress: Progress;
  /** The event is one of those that make up the run. */
  readonly advanced: boolean;
  /** Can be true where `advanced` is false: a streak whose goal was lowered completes with the next event. */
  readonly completed: boolean;
  /** The length of the run with this event: what a completion freezes as the goal it met. */
  readonly runLength: number;
}

export interface Replay {
  readonly progress: Progress;
  /** Only those that do not exist yet. */
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
 * Whether `step` gives the same as a replay of the whole history: the event is the latest by (timestamp, eventId),
 * and for a COUNT with a cadence its period is not before the last one, where that period's own count is needed.
 * A COUNT counts the same in any order within its last period, and without a cadence always.
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
 * Moves a person's progress by one event that is in order. A quest whose completions are used up does not move.
 * @throws RangeError where `isInOrder` is false: only a replay is exact then.
 */
export function step(rule: QuestRule, progress: Progress, occurrence: Occurrence): Step {
  if (!isInOrder(rule, progress, occurrence)) throw new RangeError('The event is out of order: replay.');
  return advance(rule, progress, occurrence);
}

/**
 * How a person stands at a moment without any event: the count is 0 in a new period and when the streak is broken;
 * a streak that the present period can still carry on is not. Where the present period lies before the last one
 * that counted (a flight to the west), the last one's count and state are shown.
 */
export function progressAsOf(rule: QuestRule, progress: Progress, now: Date, zone: string): Standing {
  const standing = standingAt(rule, progress, now, zone);
  return isExhausted(rule, progress) ? { ...standing, state: 'EXHAUSTED' } : standing;
}

/**
 * The same moment for a list that PostgreSQL filters by `states`: the label of each cadence's present period goes into
 * the statement, so that filter and `state` never part. Equal values share a statement, and there are never more than
 * three local dates at once.
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

/** Completes the run where it met the goal; it may be past it, for goals can be lowered. */
function settle(rule: QuestRule, progress: Progress): Step {
  const runLength = progress.count;
  if (runLength < rule.goal) return { progress, advanced: true, completed: false, runLength };
  const completions = progress.completions + 1;
  const after = { ...progress, count: 0, completed: rule.cadence !== 'NONE', completions };
  return { progress: after, advanced: true, completed: true, runLength };
}

/**
 * Whether a moment carries on the streak. The gap is measured from the latest event, not from the one that counted
 * last: who flew west and was active again on a date that had counted before has missed nothing. The label after
 * the last one that counted carries it on as well.
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

/** Whether a period of a COUNT lies before the last one that counted: its own count is needed then. */
export function isBack(progress: Progress, period: string | null): boolean {
  return period !== null && progress.period !== null && period < progress.period;
}

/** Whether the quest moves no more for this person. */
export function isExhausted(rule: QuestRule, progress: Progress): boolean {
  return rule.maxCompletions !== null && progress.completions >= rule.maxCompletions;
}

/** With a later event as the latest. */
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
