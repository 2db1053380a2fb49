import { describe, expect, it, test } from 'vitest';
import { localDate } from '../../src/services/rules/period.ts';
import {
  emptyProgress,
  isInOrder,
  type Occurrence,
  type Progress,
  progressAsOf,
  type QuestRule,
  step,
} from '../../src/services/rules/quest-progress.ts';
import { applyInOrder, ENDLESS, occurrence, replay } from './histories.ts';

const COUNT: QuestRule = { kind: 'COUNT', cadence: 'NONE', goal: 3, maxCompletions: null };
const DAILY_COUNT: QuestRule = { ...COUNT, cadence: 'DAILY', goal: 2 };
const STREAK: QuestRule = { kind: 'STREAK', cadence: 'DAILY', goal: 3, maxCompletions: null };

describe('COUNT without a cadence', () => {
  it('completes with the goal-th event, and run follows run', () => {
    const { progress, steps } = applyInOrder(
      COUNT,
      at('UTC', '11-01', '11-01', '11-05', '11-05', '12-24', '12-25', '12-26'),
    );
    expect(steps.map((each) => each.runLength)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    expect(steps.map((each) => each.completed)).toEqual([false, false, true, false, false, true, false]);
    expect(progress).toMatchObject({ count: 1, completions: 2, period: null, completed: false });
  });

  it('stands still once its completions are used up', () => {
    const once = { ...COUNT, goal: 1, maxCompletions: 1 };
    const { progress, steps } = applyInOrder(once, at('UTC', '11-01', '11-02'));
    expect(steps[1]).toEqual({
      progress: steps[0]?.progress,
      advanced: false,
      completed: false,
      runLength: 0,
    });
    expect(asOf(once, progress, '11-03')).toEqual({ count: 0, state: 'EXHAUSTED', period: null });
  });

  it('is in order always, and keeps the latest event', () => {
    const events = at('UTC', '11-01', '11-02');
    const { progress } = applyInOrder(COUNT, events.slice(1));
    expect(isInOrder(COUNT, progress, event(events, 0))).toBe(true);
    expect(step(COUNT, progress, event(events, 0)).progress).toEqual({ ...progress, count: 2 });
  });
});

describe('COUNT with a cadence', () => {
  it('starts each period at 0 and completes at most once in it', () => {
    const { progress, steps } = applyInOrder(
      DAILY_COUNT,
      at('UTC', '11-01', '11-02', '11-02', '11-02', '11-03'),
    );
    expect(steps.map((each) => each.advanced)).toEqual([true, true, true, false, true]);
    expect(steps.map((each) => each.completed)).toEqual([false, false, true, false, false]);
    expect(progress).toMatchObject({ count: 1, completions: 1, period: '2026-11-03', completed: false });
  });

  it('counts by ISO week and by month', () => {
    const weekly = applyInOrder({ ...DAILY_COUNT, cadence: 'WEEKLY' }, at('UTC', '11-16', '11-22', '11-23'));
    expect(weekly.steps.map((each) => each.completed)).toEqual([false, true, false]);
    expect(weekly.progress.period).toBe('2026-W48');
    const monthly = applyInOrder(
      { ...DAILY_COUNT, cadence: 'MONTHLY' },
      at('UTC', '11-01', '11-30', '12-01'),
    );
    expect(monthly.steps.map((each) => each.completed)).toEqual([false, true, false]);
    expect(monthly.progress.period).toBe('2026-12');
  });

  it('shows 0 in a new period, and whether the present one is done', () => {
    const one = applyInOrder(DAILY_COUNT, at('UTC', '11-01')).progress;
    expect(asOf(DAILY_COUNT, one, '11-01')).toEqual({ count: 1, state: 'ACTIVE', period: '2026-11-01' });
    expect(asOf(DAILY_COUNT, one, '11-02')).toEqual({ count: 0, state: 'ACTIVE', period: '2026-11-01' });
    const done = applyInOrder(DAILY_COUNT, at('UTC', '11-01', '11-01')).progress;
    expect(asOf(DAILY_COUNT, done, '11-01')).toEqual({ count: 0, state: 'COMPLETED', period: '2026-11-01' });
    expect(asOf(DAILY_COUNT, done, '11-02')).toEqual({ count: 0, state: 'ACTIVE', period: '2026-11-01' });
  });

  it('counts an event of an earlier date, recorded after a flight to the west, for that date', () => {
    const events = [
      occurrence(1, '2026-11-20T12:00Z', 'Pacific/Kiritimati'), // the 21st
      occurrence(2, '2026-11-21T09:00Z', 'Pacific/Kiritimati'), // the 21st
      occurrence(3, '2026-11-21T10:30Z', 'Pacific/Pago_Pago'), // the 20th
      occurrence(4, '2026-11-21T10:40Z', 'Pacific/Pago_Pago'), // the 20th
      occurrence(5, '2026-11-22T10:30Z', 'Pacific/Pago_Pago'), // the 21st, already complete
      occurrence(6, '2026-11-23T10:30Z', 'Pacific/Pago_Pago'), // the 22nd
    ];
    const there = applyInOrder(DAILY_COUNT, events.slice(0, 2)).progress;
    expect(isInOrder(DAILY_COUNT, there, event(events, 2))).toBe(false);
    const back = replay(DAILY_COUNT, events.slice(0, 4), [{ runLength: 2 }]);
    expect(back.completions).toEqual([{ ordinal: 2, eventIds: ids(events, 2, 3), runLength: 2 }]);
    expect(back.progress).toMatchObject({ count: 0, period: '2026-11-21', completed: true, completions: 2 });
    expect(replay(DAILY_COUNT, events, []).progress).toMatchObject({
      count: 1,
      period: '2026-11-22',
      completions: 2,
    });
  });
});

describe('STREAK', () => {
  it('takes consecutive periods, each once', () => {
    const { progress, steps } = applyInOrder(STREAK, at('UTC', '11-01', '11-01', '11-02', '11-02', '11-03'));
    expect(steps.map((each) => each.advanced)).toEqual([true, false, true, false, true]);
    expect(steps.map((each) => each.completed)).toEqual([false, false, false, false, true]);
    expect(steps.at(-1)?.runLength).toBe(3);
    expect(progress).toMatchObject({ count: 0, completions: 1, period: '2026-11-03', completed: true });
  });

  it('starts again at 1 after a period that was missed', () => {
    const { steps } = applyInOrder(STREAK, at('UTC', '11-01', '11-02', '11-04', '11-05', '11-06'));
    expect(steps.map((each) => each.runLength)).toEqual([1, 2, 1, 2, 3]);
    expect(steps.map((each) => each.completed)).toEqual([false, false, false, false, true]);
  });

  it('starts the next run in the next period after a completion', () => {
    const { steps } = applyInOrder(
      STREAK,
      at('UTC', '11-01', '11-02', '11-03', '11-03', '11-04', '11-05', '11-06'),
    );
    expect(steps.map((each) => each.runLength)).toEqual([1, 2, 3, 0, 1, 2, 3]);
    expect(steps.map((each) => each.completed)).toEqual([false, false, true, false, false, false, true]);
  });

  it.each([
    ['WEEKLY', ['2026-12-14', '2026-12-27', '2027-01-03'], '2026-W53'],
    ['MONTHLY', ['2026-11-01', '2026-12-31', '2027-01-01'], '2027-01'],
  ] as const)('takes consecutive %s periods', (cadence, dates, period) => {
    const events = dates.map((date, index) => occurrence(index, `${date}T12:00Z`, 'UTC'));
    const { progress } = applyInOrder({ ...STREAK, cadence }, events);
    expect(progress).toMatchObject({ completions: 1, period });
  });

  it('goes on over the day that Samoa skipped', () => {
    const events = ['2011-12-28', '2011-12-29', '2011-12-31'].map((date, index) =>
      occurrence(index, `${date}T${date < '2011-12-30' ? '12:00-10:00' : '12:00+14:00'}`, 'Pacific/Apia'),
    );
    expect(events.map((each) => each.localDate)).toEqual(['2011-12-28', '2011-12-29', '2011-12-31']);
    expect(applyInOrder(STREAK, events).progress.completions).toBe(1);
  });

  it('stays alive where the only events after a flight west fall on dates that counted', () => {
    const events = [
      occurrence(1, '2026-11-20T20:00Z', 'Pacific/Kiritimati'), // the 21st
      occurrence(2, '2026-11-21T12:00Z', 'Pacific/Kiritimati'), // the 22nd
      occurrence(3, '2026-11-22T10:30Z', 'Pacific/Pago_Pago'), // the 21st
      occurrence(4, '2026-11-23T10:30Z', 'Pacific/Pago_Pago'), // the 22nd
      occurrence(5, '2026-11-24T10:30Z', 'Pacific/Kiritimati'), // the 25th; the 23rd was missed in Pago Pago
    ];
    expect(applyInOrder(ENDLESS, events).steps.map((each) => each.progress.count)).toEqual([1, 2, 2, 2, 3]);
    expect(applyInOrder(ENDLESS, events).steps.map((each) => each.advanced)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('takes the label after the last one that counted, though a date was missed where it was lived again', () => {
    const events = [
      occurrence(1, '2026-11-21T12:00Z', 'Pacific/Kiritimati'), // the 22nd
      occurrence(2, '2026-11-21T20:00Z', 'Pacific/Pago_Pago'), // the 21st
      occurrence(3, '2026-11-23T20:00Z', 'Pacific/Pago_Pago'), // the 23rd
    ];
    expect(applyInOrder(ENDLESS, events).progress.count).toBe(2);
  });

  it('needs no event to be seen as broken, and not before a whole period was missed', () => {
    const two = applyInOrder(STREAK, at('UTC', '11-01', '11-02')).progress;
    expect(asOf(STREAK, two, '11-02')).toEqual({ count: 2, state: 'ACTIVE', period: '2026-11-02' });
    expect(asOf(STREAK, two, '11-03')).toEqual({ count: 2, state: 'ACTIVE', period: '2026-11-02' });
    expect(asOf(STREAK, two, '11-04')).toEqual({ count: 0, state: 'ACTIVE', period: '2026-11-02' });
    const done = applyInOrder(STREAK, at('UTC', '11-01', '11-02', '11-03')).progress;
    expect(asOf(STREAK, done, '11-03')).toEqual({ count: 0, state: 'COMPLETED', period: '2026-11-03' });
    expect(asOf(STREAK, done, '11-04')).toEqual({ count: 0, state: 'ACTIVE', period: '2026-11-03' });
  });
});

describe('a goal that was lowered', () => {
  const lowered = { ...COUNT, goal: 2 };

  it('takes effect with the next event', () => {
    const before = applyInOrder({ ...COUNT, goal: 5 }, at('UTC', '11-01', '11-02', '11-03')).progress;
    expect(asOf(lowered, before, '11-04')).toMatchObject({ count: 3, state: 'ACTIVE' });
    const next = step(lowered, before, occurrence(9, '2026-11-04T12:00Z', 'UTC'));
    expect(next).toMatchObject({ completed: true, runLength: 4, progress: { count: 0, completions: 1 } });
  });

  it('takes effect with the next event of a streak, though its period had counted', () => {
    const before = applyInOrder(STREAK, at('UTC', '11-01', '11-02')).progress;
    const next = step({ ...STREAK, goal: 2 }, before, occurrence(9, '2026-11-02T20:00Z', 'UTC'));
    expect(next).toMatchObject({ advanced: false, completed: true, runLength: 2 });
    expect(next.progress).toMatchObject({ count: 0, period: '2026-11-02', completed: true, completions: 1 });
  });

  it('leaves frozen what was completed by the earlier goal', () => {
    const events = at('UTC', '11-01', '11-02', '11-03', '11-04', '11-05', '11-06');
    const { progress, completions } = replay(lowered, events, [{ runLength: 3 }]);
    expect(completions).toEqual([{ ordinal: 2, eventIds: ids(events, 3, 4), runLength: 2 }]);
    expect(progress).toMatchObject({ count: 1, completions: 2, unreached: 0 });
  });
});

describe('late events', () => {
  const [first, second, third] = at('UTC', '11-01', '11-02', '11-03');

  it('are not in order', () => {
    const { progress } = applyInOrder(STREAK, present(second, third));
    expect(isInOrder(STREAK, progress, event([first], 0))).toBe(false);
    expect(() => step(STREAK, progress, event([first], 0))).toThrow(RangeError);
  });

  it('are put in their place by (timestamp, eventId)', () => {
    const events = present(third, first, second);
    const { progress, completions } = replay(STREAK, events, []);
    expect(completions).toEqual([
      { ordinal: 1, eventIds: ids(present(first, second, third), 0, 1, 2), runLength: 3 },
    ]);
    expect(progress).toEqual(applyInOrder(STREAK, present(first, second, third)).progress);
  });

  it('go by the event id where timestamps are equal', () => {
    const [one, other] = [1, 2].map((number) => occurrence(number, '2026-11-21T12:00Z', 'UTC'));
    const { progress } = applyInOrder(STREAK, present(other));
    expect(isInOrder(STREAK, progress, event([one], 0))).toBe(false);
    expect(isInOrder(STREAK, progress, event([other], 0))).toBe(false);
    expect(isInOrder(STREAK, applyInOrder(STREAK, present(one)).progress, event([other], 0))).toBe(true);
    const completions = replay({ ...COUNT, goal: 2 }, present(other, one), []).completions;
    expect(completions[0]?.eventIds).toEqual(ids(present(one, other), 0, 1));
  });

  it('take no completion away, and nothing is paid again on the way to it', () => {
    const [one, two] = at('UTC', '11-01', '11-02');
    const short = replay({ ...STREAK, goal: 2 }, present(one, two), [{ runLength: 2 }, { runLength: 2 }]);
    expect(short).toMatchObject({ completions: [], progress: { completions: 2, unreached: 1 } });
    expect(isInOrder(STREAK, short.progress, event([third], 0))).toBe(false);
  });

  it('complete nothing beyond the limit, nor where it was lowered below what exists', () => {
    const events = at('UTC', '11-01', '11-02', '11-03', '11-04');
    const single = { ...COUNT, goal: 1 };
    expect(replay({ ...single, maxCompletions: 2 }, events, []).completions).toHaveLength(2);
    const lowered = replay({ ...single, maxCompletions: 1 }, events, [{ runLength: 1 }, { runLength: 2 }]);
    expect(lowered).toMatchObject({ completions: [], progress: { completions: 2, unreached: 0, count: 0 } });
    expect(lowered.progress.lastEventId).toBe(event(events, 2).eventId);
  });
});

test('nothing was done yet', () => {
  for (const rule of [COUNT, DAILY_COUNT, STREAK]) {
    expect(asOf(rule, emptyProgress, '11-21')).toEqual({ count: 0, state: 'ACTIVE', period: null });
    expect(replay(rule, [], [])).toEqual({ progress: emptyProgress, completions: [] });
  }
});

test('the zone of the reader decides which period is the present one', () => {
  const { progress } = applyInOrder(STREAK, [occurrence(1, '2026-11-21T12:00Z', 'UTC')]);
  const now = new Date('2026-11-22T23:30Z');
  expect(progressAsOf(STREAK, progress, now, 'UTC').count).toBe(1);
  expect(localDate(now, 'Asia/Kathmandu')).toBe('2026-11-23');
  // Between the 21st and the 23rd a day is missing in Kathmandu, but not in UTC, where it is still the 22nd.
  expect(progressAsOf(STREAK, progress, now, 'Asia/Kathmandu').count).toBe(1);
  expect(progressAsOf(STREAK, progress, new Date('2026-11-23T18:30Z'), 'Asia/Kathmandu').count).toBe(0);
});

/** One occurrence on each date of 2026, from 06:00 UTC on; on repeated dates they are one hour apart. */
function at(zone: string, ...dates: readonly string[]): Occurrence[] {
  return dates.map((date, index) => {
    const hour = 6 + dates.slice(0, index).filter((other) => other === date).length;
    return occurrence(index, `2026-${date}T${String(hour).padStart(2, '0')}:00Z`, zone);
  });
}

function event(events: readonly (Occurrence | undefined)[], index: number): Occurrence {
  const found = events[index];
  if (!found) throw new Error('There is no such event.');
  return found;
}

function present(...events: readonly (Occurrence | undefined)[]): Occurrence[] {
  return events.map((_, index) => event(events, index));
}

function ids(events: readonly Occurrence[], ...indices: readonly number[]): string[] {
  return indices.map((index) => event(events, index).eventId);
}

function asOf(rule: QuestRule, progress: Progress, date: string) {
  return progressAsOf(rule, progress, new Date(`2026-${date}T12:00:00Z`), 'UTC');
}
