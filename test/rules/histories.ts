import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { localDate } from '../../src/services/rules/period.ts';
import type { Occurrence, Progress, QuestRule, Replay } from '../../src/services/rules/quest-progress.ts';
import { emptyProgress, step } from '../../src/services/rules/quest-progress.ts';
import { type Earlier, Timeline } from '../../src/services/rules/timeline.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Dates near clock changes and skipped days, by zone. */
export const CRITICAL: readonly (readonly [zone: string, around: string])[] = [
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Europe/Lisbon', '2026-03-29'],
  ['Europe/Lisbon', '2026-10-25'],
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Fakaofo', '2011-12-30'],
  ['Pacific/Kwajalein', '1993-08-21'],
  ['Pacific/Enderbury', '1994-12-31'],
  ['Pacific/Kiritimati', '1994-12-31'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2019-02-17'],
  ['Asia/Kathmandu', '1986-01-01'],
  ['Asia/Kathmandu', '2026-12-31'],
  ['Africa/Cairo', '2026-04-24'],
  ['Pacific/Pago_Pago', '2026-01-01'],
  ['Pacific/Auckland', '2026-09-27'],
];

/** Zones on both sides of the date line and in between. */
export const JOURNEY = [
  'Pacific/Kiritimati',
  'Pacific/Apia',
  'Pacific/Auckland',
  'Asia/Kathmandu',
  'Europe/Lisbon',
  'America/Sao_Paulo',
  'America/New_York',
  'Pacific/Honolulu',
  'Pacific/Pago_Pago',
  'Etc/GMT+12',
] as const;

export const anyZone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), ...JOURNEY);
export const critical = fc.constantFrom(...CRITICAL);
export const periodic = fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY');

/** Never completes, so that the length of a streak can be read from its count. */
export const ENDLESS: QuestRule = { kind: 'STREAK', cadence: 'DAILY', goal: 1_000_000, maxCompletions: null };

/** An occurrence whose id sorts by its number. */
export function occurrence(number: number, at: number | string, zone: string): Occurrence {
  const date = new Date(at);
  const eventId = `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
  return { eventId, at: date, zone, localDate: localDate(date, zone) };
}

/** The days of a zone according to Temporal, independent of the arithmetic under test. */
export function livedDays(zone: string, from: string, days: number): Temporal.ZonedDateTime[] {
  const lived: Temporal.ZonedDateTime[] = [];
  let moment = Temporal.PlainDate.from(from).toZonedDateTime(zone);
  while (lived.length < days) {
    lived.push(moment);
    moment = moment.toPlainDate().add({ days: 1 }).toZonedDateTime(zone);
  }
  return lived;
}

/** A moment of a day, at a fraction from 0 to below 1 of its real length. */
export function momentIn(day: Temporal.ZonedDateTime, fraction: number): number {
  const next = day.toPlainDate().add({ days: 1 }).toZonedDateTime(day.timeZoneId);
  return Math.floor(
    day.epochMilliseconds + (next.epochMilliseconds - day.epochMilliseconds) * Math.min(fraction, 0.9999),
  );
}

export interface Leg {
  /** Hours since the previous occurrence. */
  readonly gap: number;
  readonly zone: string;
}

/** Occurrences from a start on, separated by the gaps of the legs. */
export function journey(start: number, legs: readonly Leg[]): Occurrence[] {
  let at = start;
  return legs.map(({ gap, zone }, index) => {
    at += Math.round(gap * HOUR);
    return occurrence(index, at, zone);
  });
}

/** Starts near clock changes and skipped days, and in the present. */
export const start = fc.oneof(
  critical.map(([, around]) => Date.parse(`${around}T00:00:00Z`) - 3 * DAY),
  fc.integer({ min: Date.parse('2026-01-01T00:00:00Z'), max: Date.parse('2028-01-01T00:00:00Z') }),
);

export function legs(hours: { min: number; max: number }): fc.Arbitrary<Leg[]> {
  const gap = fc.double({ ...hours, noNaN: true });
  const zone = fc.oneof(fc.constantFrom(...JOURNEY), anyZone);
  return fc.array(fc.record({ gap, zone }), { minLength: 1, maxLength: 40 });
}

/** The result of each step, with the progress, for an ordered history. */
export function applyInOrder(rule: QuestRule, occurrences: readonly Occurrence[]) {
  let progress: Progress = emptyProgress;
  const steps = occurrences.map((each) => {
    const outcome = step(rule, progress, each);
    progress = outcome.progress;
    return outcome;
  });
  return { progress, steps };
}

/** Runs cooperative work to its end without yielding. */
export function drain<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Replays a whole history, given in any order. */
export function replay(rule: QuestRule, occurrences: readonly Occurrence[], earlier: Earlier): Replay {
  const timeline = new Timeline(rule);
  drain(timeline.addAll(occurrences));
  return drain(timeline.replay(earlier));
}
