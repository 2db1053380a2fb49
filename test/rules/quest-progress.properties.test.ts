import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDate, type PeriodicCadence, periodOf } from '../../src/services/rules/period.ts';
import {
  emptyProgress,
  isInOrder,
  type Occurrence,
  type Progress,
  progressAsOf,
  type QuestRule,
  step,
} from '../../src/services/rules/quest-progress.ts';
import {
  anyZone,
  applyInOrder,
  critical,
  DAY,
  ENDLESS,
  HOUR,
  journey,
  legs,
  livedDays,
  momentIn,
  occurrence,
  periodic,
  replay,
  start,
} from './histories.ts';

const goal = fc.integer({ min: 1, max: 4 });
const countRule = fc.record({
  kind: fc.constant('COUNT'),
  cadence: fc.constantFrom('NONE', 'DAILY', 'WEEKLY', 'MONTHLY'),
  goal,
  maxCompletions: fc.constant(null),
});
const streakRule = fc.record({
  kind: fc.constant('STREAK'),
  cadence: periodic,
  goal,
  maxCompletions: fc.constant(null),
});
const anyRule: fc.Arbitrary<QuestRule> = fc.oneof(countRule, streakRule);
const history = fc.tuple(start, legs({ min: 0, max: 40 })).map(([at, travelled]) => journey(at, travelled));
const runs = { numRuns: 500 };

describe('a streak', () => {
  it('is whole with one event each local day, whatever the clocks do', () => {
    const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(critical, fractions, ([zone, around], when) => {
        const from = new Date(Date.parse(`${around}T12:00:00Z`) - 4 * DAY);
        const days = livedDays(zone, localDate(from, zone), when.length);
        const moments = days.map((day, index) => momentIn(day, when[index] ?? 0));
        const events = moments.map((at, index) => occurrence(index, at, zone));
        expect(applyInOrder(ENDLESS, events).progress.count).toBe(when.length);
      }),
      runs,
    );
  });

  it('is broken by any one day left out', () => {
    const left = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        critical,
        left,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([zone, around], missing, when) => {
          const from = new Date(Date.parse(`${around}T12:00:00Z`) - 4 * DAY);
          const days = livedDays(zone, localDate(from, zone), 8).filter((_, index) => index !== missing);
          const events = days.map((day, index) => occurrence(index, momentIn(day, when), zone));
          expect(applyInOrder(ENDLESS, events).progress.count).toBe(7 - missing);
        },
      ),
      runs,
    );
  });

  it('never takes two steps for one local date, wherever it is lived again', () => {
    fc.assert(
      fc.property(history, periodic, (events, cadence) => {
        const { steps } = applyInOrder({ ...ENDLESS, cadence }, events);
        const counted = events.filter((_, index) => steps[index]?.advanced);
        const labels = counted.map((each) => periodOf(cadence, each.localDate));
        expect(labels).toEqual([...new Set(labels)].sort());
      }),
      runs,
    );
  });

  it('outlives any journey of someone who records every 20 hours', () => {
    fc.assert(
      fc.property(start, legs({ min: 0, max: 20 }), periodic, (at, travelled, cadence) => {
        const { steps } = applyInOrder({ ...ENDLESS, cadence }, journey(at, travelled));
        const advances = steps.filter((each) => each.advanced).length;
        expect(steps.at(-1)?.progress.count).toBe(advances);
      }),
      runs,
    );
  });

  it('takes as many steps on any journey as there are new labels', () => {
    fc.assert(
      fc.property(start, legs({ min: 0, max: 20 }), (at, travelled) => {
        const events = journey(at, travelled);
        let latest = '';
        const later = events.filter((each) => {
          if (each.localDate <= latest) return false;
          latest = each.localDate;
          return true;
        });
        expect(applyInOrder(ENDLESS, events).progress).toMatchObject({ count: later.length, period: latest });
      }),
      runs,
    );
  });

  it('shows as of now what the next event would find', () => {
    const ahead = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(anyRule, history, ahead, anyZone, (rule, events, hours, zone) => {
        const progress = replay(rule, events, []).progress;
        const now = (events.at(-1)?.at.getTime() ?? 0) + hours * HOUR;
        const next = occurrence(events.length, now, zone);
        const { count, state } = progressAsOf(rule, progress, next.at, zone);
        if (!isInOrder(rule, progress, next)) return;
        const { advanced, runLength } = step(rule, progress, next);
        expect(runLength).toBe(advanced ? count + 1 : count);
        expect(state).toBe(progress.completed && !advanced ? 'COMPLETED' : 'ACTIVE');
      }),
      runs,
    );
  });
});

describe('a replay', () => {
  it('gives what the steps gave, for a history in order', () => {
    fc.assert(
      fc.property(anyRule, fc.option(goal), history, (rule, maxCompletions, events) => {
        const limited = { ...rule, maxCompletions };
        const { progress, completions, inOrder } = oneByOne(limited, events);
        const whole = replay(limited, inOrder, []);
        expect(whole.progress).toEqual(progress);
        expect(whole.completions).toEqual(completions);
        expect(replay(limited, inOrder, completions)).toEqual({ progress, completions: [] });
      }),
      runs,
    );
  });

  it('agrees with the plain definition of a COUNT', () => {
    fc.assert(
      fc.property(countRule, history, (rule, events) => {
        const sizes = Map.groupBy(events, (each) => periodOf(rule.cadence, each.localDate));
        const counts = [...sizes.values()].map((each) => each.length);
        const completions = counts.map((count) =>
          rule.cadence === 'NONE' ? Math.floor(count / rule.goal) : Number(count >= rule.goal),
        );
        expect(replay(rule, events, []).progress.completions).toBe(
          completions.reduce((sum, each) => sum + each, 0),
        );
      }),
      runs,
    );
  });

  it('agrees with the plain definition of a STREAK, for who stays at home', () => {
    const days = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 60 });
    fc.assert(
      fc.property(streakRule, critical, days, (rule, [zone, around], offsets) => {
        const base = Date.parse(`${around}T06:00:00Z`);
        const events = offsets.map((offset, index) => occurrence(index, base + offset * 8 * HOUR, zone));
        expect(replay(rule, events, []).progress.completions).toBe(runsOf(rule, zone, events));
      }),
      runs,
    );
  });

  it('freezes the events of each run: its length, oldest first, none twice', () => {
    fc.assert(
      fc.property(anyRule, history, (rule, events) => {
        const { completions } = replay(rule, events, []);
        expect(completions.map((each) => each.ordinal)).toEqual(completions.map((_, index) => index + 1));
        for (const { eventIds, runLength } of completions) {
          expect(eventIds).toHaveLength(runLength);
          expect(runLength).toBe(rule.goal);
          expect(eventIds).toEqual([...eventIds].sort());
        }
        const all = completions.flatMap((each) => each.eventIds);
        expect(new Set(all).size).toBe(all.length);
      }),
      runs,
    );
  });

  it('finds the same standing after goals that only rose, and any goals of a COUNT without a cadence', () => {
    const goals = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(anyRule, history, goals, (rule, events, drawn) => {
        const valid = rule.cadence === 'NONE' ? drawn : [...drawn].sort();
        const earlier: { runLength: number }[] = [];
        let progress: Progress = emptyProgress;
        for (const [index, each] of events.entries()) {
          const now = { ...rule, goal: valid[index] ?? 1 };
          if (!isInOrder(now, progress, each)) return;
          const taken = step(now, progress, each);
          progress = taken.progress;
          if (taken.completed) earlier.push({ runLength: taken.runLength });
          expect(replay(now, events.slice(0, index + 1), earlier)).toEqual({ progress, completions: [] });
        }
      }),
      runs,
    );
  });
});

describe('late events', () => {
  const shuffled = history.chain((events) =>
    fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
  );

  it('end in the same progress in any order of arrival, and completions never become fewer', () => {
    fc.assert(
      fc.property(anyRule, shuffled, (rule, arrivals) => {
        const { progress, completions } = arrive(rule, arrivals);
        const { completions: reached, ...whole } = replay(rule, arrivals, []).progress;
        expect(progress).toMatchObject({ ...whole, unreached: completions - reached });
        expect(progress.completions).toBe(completions);
        expect(completions).toBeGreaterThanOrEqual(reached);
      }),
      runs,
    );
  });

  it('pay for who stays at home just what they would have paid in order', () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 * 24 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyRule, critical, times, (rule, [zone, around], hours) => {
        const base = Date.parse(`${around}T00:00:00Z`) - 10 * DAY;
        const arrivals = hours.map((hour, index) => occurrence(index, base + hour * HOUR, zone));
        expect(arrive(rule, arrivals).progress).toEqual(replay(rule, arrivals, []).progress);
      }),
      runs,
    );
  });
});

/** The incremental way, limited to events in order; completions take the ids of the events that advanced. */
function oneByOne(rule: QuestRule, events: readonly Occurrence[]) {
  const inOrder: Occurrence[] = [];
  const completions: { ordinal: number; eventIds: string[]; runLength: number }[] = [];
  let advancedIds: string[] = [];
  let progress: Progress = emptyProgress;
  for (const each of events) {
    if (!isInOrder(rule, progress, each)) continue;
    inOrder.push(each);
    const { advanced, completed, runLength, progress: next } = step(rule, progress, each);
    progress = next;
    if (advanced) advancedIds = [...advancedIds, each.eventId];
    const eventIds = advancedIds.slice(-runLength);
    if (completed) completions.push({ ordinal: progress.completions, eventIds, runLength });
  }
  return { progress, completions, inOrder };
}

/**
 * What the pipeline does with each event as it arrives: a step if that is exact, otherwise a replay of everything so
 * far.
 */
function arrive(rule: QuestRule, arrivals: readonly Occurrence[]) {
  const earlier: { runLength: number }[] = [];
  let progress: Progress = emptyProgress;
  for (const [index, each] of arrivals.entries()) {
    const before = progress.completions;
    if (isInOrder(rule, progress, each)) {
      const taken = step(rule, progress, each);
      progress = taken.progress;
      if (taken.completed) earlier.push({ runLength: taken.runLength });
    } else {
      const again = replay(rule, arrivals.slice(0, index + 1), earlier);
      progress = again.progress;
      earlier.push(...again.completions);
    }
    expect(progress.completions).toBeGreaterThanOrEqual(before);
    expect(progress.completions).toBe(earlier.length);
  }
  return { progress, completions: earlier.length };
}

/** Counts completions: cuts each row of consecutive periods into whole runs. */
function runsOf(
  rule: QuestRule & { cadence: PeriodicCadence },
  zone: string,
  events: readonly Occurrence[],
): number {
  const had = new Set(events.map((each) => periodOf(rule.cadence, each.localDate)));
  const first = [...events].sort((one, other) => one.at.getTime() - other.at.getTime())[0];
  if (!first) return 0;
  const days = livedDays(zone, first.localDate, 80).map((day) => day.toPlainDate().toString());
  const all = [...new Set(days.map((day) => periodOf(rule.cadence, day)))];
  const rows = all
    .map((period) => (had.has(period) ? 'x' : ' '))
    .join('')
    .split(' ');
  return rows.reduce((sum, row) => sum + Math.floor(row.length / rule.goal), 0);
}
