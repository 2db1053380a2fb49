import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localDate } from '../../src/services/rules/period.ts';
import { replay } from '../rules/histories.ts';
import { Stage } from './stage.ts';
import { ago, must, newType } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** The number of events kept for a replay. */
async function historyOf(accountId: string, questId: string): Promise<number> {
  const select = 'select from quest_progress_event where account_id = $1 and quest_id = $2';
  return (await stage.sql(select, accountId, questId)).length;
}

async function eventsOf(accountId: string, questId: string) {
  return (await stage.completionsOf(accountId, questId)).map(({ eventIds }) => eventIds);
}

describe('COUNT without a cadence', () => {
  it('goes from run to run, each with its events', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2 });
    const other = await stage.person();
    const [first] = await stage.happen(other, eventType);
    const ids = await stage.happen(accountId, eventType, {}, {}, {}, {}, {});
    const [second] = await stage.happen(other, eventType);
    expect(await eventsOf(other, questId)).toEqual([[first, second]]);
    const completions = await stage.completionsOf(accountId, questId);
    expect(completions).toMatchObject([
      { ordinal: 1, runLength: 2, eventIds: ids.slice(0, 2) },
      { ordinal: 2, runLength: 2, eventIds: ids.slice(2, 4) },
    ]);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({
      count: 1,
      completions: 2,
      period: null,
    });
  });

  it('does the same for events of one batch', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 100 });
    const timestamps = Array.from({ length: 250 }, (_, index) => ({ timestamp: ago({ ms: 1_000 - index }) }));
    const ids = await stage.record(accountId, eventType, ...timestamps);
    await stage.apply(accountId);
    expect(await eventsOf(accountId, questId)).toEqual([ids.slice(0, 100), ids.slice(100, 200)]);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 50, completions: 2 });
  });

  it('counts a late event for the present run, and each event for one', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2 });
    const [one, three] = await stage.happenAt(accountId, eventType, '2026-03-01T01:00Z', '2026-03-01T03:00Z');
    const [five, zero] = await stage.happenAt(accountId, eventType, '2026-03-01T05:00Z', '2026-03-01T00:00Z');
    expect(await eventsOf(accountId, questId)).toEqual([
      [one, three],
      [zero, five],
    ]);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 0, completions: 2 });
  });

  it('forgets the events of a run that is over, also within a batch', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2 });
    const hours = [1, 9, 8, 7].map((hours) => ({ timestamp: ago({ hours }) }));
    const [last] = await stage.happen(accountId, eventType, ...hours.slice(0, 1));
    const [one, two, three] = await stage.record(accountId, eventType, ...hours.slice(1));
    await stage.apply(accountId);
    expect(await eventsOf(accountId, questId)).toEqual([
      [one, last],
      [two, three],
    ]);
    expect(await historyOf(accountId, questId)).toBe(0);
  });

  it('stops at its most completions, for the whole life', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2, maxCompletions: 2 });
    await stage.happen(accountId, eventType, {}, {}, {});
    await stage.record(accountId, eventType, {}, {}, {}, {});
    await stage.apply(accountId);
    await stage.happen(accountId, eventType, { timestamp: ago({ hours: 30 }) });
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 0, completions: 2 });
    expect(await stage.completionsOf(accountId, questId)).toHaveLength(2);
  });

  it('is not moved by anything after that', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, cadence: 'DAILY', maxCompletions: 1 });
    await stage.happenAt(accountId, eventType, '2026-03-02T12:00Z');
    const select = 'select * from quest_progress where quest_id = $1';
    const before = await stage.sql(select, questId);
    await stage.happenAt(accountId, eventType, '2026-03-03T12:00Z', '2026-03-01T12:00Z');
    expect(await stage.sql(select, questId)).toEqual(before);
    expect(await historyOf(accountId, questId)).toBe(1);
  });

  it('takes a lower goal with the next event', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 9 });
    const ids = await stage.happen(accountId, eventType, {}, {}, {});
    await stage.sql('update quest set goal = 2 where id = $1', questId);
    await stage.apply(accountId);
    expect(await stage.completionsOf(accountId, questId)).toEqual([]);
    const [last] = await stage.happen(accountId, eventType);
    expect(await stage.completionsOf(accountId, questId)).toMatchObject([
      { runLength: 4, eventIds: [...ids, last] },
    ]);
  });
});

describe('COUNT with a cadence', () => {
  it('starts each period at 0 and completes it once', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2, cadence: 'DAILY' });
    const [monday] = await stage.happenAt(accountId, eventType, '2026-03-02T12:00Z');
    expect(monday).toBeDefined();
    const tuesday = ['2026-03-03T00:00Z', '2026-03-03T23:59:59.999Z', '2026-03-03T23:59:59.999Z'];
    const ids = await stage.happenAt(accountId, eventType, ...tuesday);
    const progress = { count: 0, completions: 1, period: '2026-03-03', completed: true };
    expect(await stage.progressOf(accountId, questId)).toEqual(progress);
    expect(await eventsOf(accountId, questId)).toEqual([ids.slice(0, 2)]);
    await stage.happenAt(accountId, eventType, '2026-03-04T00:00Z');
    const next = { count: 1, completions: 1, period: '2026-03-04', completed: false };
    expect(await stage.progressOf(accountId, questId)).toEqual(next);
  });

  it('by the zone in which each event was recorded', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2, cadence: 'MONTHLY' });
    await stage.happenAt(accountId, eventType, '2026-03-31T12:00Z', '2026-03-31T22:00Z Asia/Tokyo');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ period: '2026-04', count: 1 });
    expect(await stage.completionsOf(accountId, questId)).toEqual([]);
  });

  it('completes a day by a late event, and what exists stays', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 2, cadence: 'DAILY' });
    const [first, ...today] = await stage.happenAt(
      accountId,
      eventType,
      '2026-03-02T12:00Z',
      '2026-03-03T12:00Z',
      '2026-03-03T13:00Z',
    );
    const [late] = await stage.happenAt(accountId, eventType, '2026-03-02T11:00Z');
    expect(late).toBeDefined();
    // The replay sees the 2nd first: it becomes ordinal 1, which exists, and the 3rd becomes ordinal 2.
    expect(first).toBeDefined();
    expect(await eventsOf(accountId, questId)).toEqual([today, today]);
    const progress = { count: 0, completions: 2, period: '2026-03-03', completed: true };
    expect(await stage.progressOf(accountId, questId)).toEqual(progress);
  });
});

describe('a replay', () => {
  it('holds each completion against the goal that it met', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 5, cadence: 'DAILY' });
    const monday = Array.from({ length: 5 }, (_, hour) => `2026-03-02T0${hour}:00Z`);
    await stage.happenAt(accountId, eventType, ...monday);
    await stage.sql('update quest set goal = 1 where id = $1', questId);
    await stage.happenAt(accountId, eventType, '2026-03-03T12:00Z', '2026-03-02T12:00Z');
    const progress = { count: 0, completions: 2, period: '2026-03-03', completed: true };
    expect(await stage.progressOf(accountId, questId)).toEqual(progress);
    await stage.happenAt(accountId, eventType, '2026-03-04T12:00Z');
    const runs = (await stage.completionsOf(accountId, questId)).map(({ runLength }) => runLength);
    expect(runs).toEqual([5, 1, 1]);
  });

  it('measures a gap from the last of many events of a day', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 3 });
    const day = ['12:00', '12:10', '12:20', '12:30'].map((time) => `2026-03-02T${time}Z Pacific/Pago_Pago`);
    await stage.happenAt(accountId, eventType, ...day, '2026-03-03T10:30Z Pacific/Pago_Pago');
    await stage.happenAt(accountId, eventType, '2026-03-04T12:00Z Pacific/Kiritimati');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2, period: '2026-03-05' });
    await stage.happenAt(accountId, eventType, '2026-03-02T13:00Z Pacific/Pago_Pago');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2, period: '2026-03-05' });
  });
});

describe.each([
  { kind: 'COUNT', cadence: 'NONE', goal: 7 },
  { kind: 'COUNT', cadence: 'DAILY', goal: 3 },
  { kind: 'STREAK', cadence: 'DAILY', goal: 2 },
] as const)('$kind $cadence', (rule) => {
  /** Unordered, over some 40 hours; some of them are equal. */
  const timestamps = Array.from({ length: 40 }, (_, index) =>
    ago({ hours: ((index * 17) % 40) - (index % 3) + 2 }),
  );

  it('gives the same for one batch as for one by one, and what a replay of it all gives', async () => {
    const eventType = newType();
    const questId = await stage.quest({ eventType, ...rule });
    const prefixes = timestamps.map(() => randomUUID().slice(0, -1));
    const outcomes = [];
    for (const [suffix, way] of (['record', 'happen'] as const).entries()) {
      const accountId = await stage.person();
      const given = timestamps.map((timestamp, index) => ({
        timestamp,
        eventId: `${prefixes[index]}${suffix}`,
      }));
      await stage[way](accountId, eventType, ...given);
      const before = stage.batches;
      await stage.runJob(accountId);
      // A batch that fails would be retried as smaller ones.
      expect(stage.batches - before).toBe(1);
      const completions = await stage.completionsOf(accountId, questId);
      const progress = must(await stage.progressOf(accountId, questId));
      const occurrences = given.map(({ timestamp: at, eventId }) => ({
        at,
        eventId,
        zone: 'UTC',
        localDate: localDate(at, 'UTC'),
      }));
      const replayed = replay({ ...rule, maxCompletions: null }, occurrences, completions);
      expect(replayed.completions).toEqual([]);
      expect(replayed.progress).toMatchObject(progress);
      const events = completions.map(({ eventIds }) => eventIds.map((id) => id.slice(0, -1)));
      outcomes.push({ progress, events });
    }
    expect(outcomes[0]?.events.length).toBeGreaterThanOrEqual(1);
    expect(outcomes[0]).toEqual(outcomes[1]);
  });
});

describe('STREAK', () => {
  it('completes by consecutive days, and the next run starts on the next', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 3 });
    const days = [
      '2026-03-02T12:00Z',
      '2026-03-03T01:00Z',
      '2026-03-03T02:00Z',
      '2026-03-04T12:00Z',
      '2026-03-04T13:00Z',
    ];
    const [one, two, , three] = await stage.happenAt(accountId, eventType, ...days);
    expect(await eventsOf(accountId, questId)).toEqual([[one, two, three]]);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 0, completions: 1 });
    await stage.happenAt(accountId, eventType, '2026-03-05T12:00Z');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1, completions: 1 });
  });

  it('starts again at 1 after a day without', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 3 });
    await stage.happenAt(accountId, eventType, '2026-03-02T12:00Z', '2026-03-03T12:00Z', '2026-03-05T12:00Z');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1, completions: 0 });
  });

  it('is mended by a late event', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 3 });
    const [one, three] = await stage.happenAt(accountId, eventType, '2026-03-02T12:00Z', '2026-03-04T12:00Z');
    const [two] = await stage.happenAt(accountId, eventType, '2026-03-03T12:00Z');
    expect(await stage.completionsOf(accountId, questId)).toMatchObject([
      { ordinal: 1, runLength: 3, eventIds: [one, two, three] },
    ]);
    const progress = { count: 0, completions: 1, period: '2026-03-04', completed: true };
    expect(await stage.progressOf(accountId, questId)).toEqual(progress);
  });

  it('keeps what was completed when a replay no longer reaches it, and pays no ordinal twice', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 2 });
    const days = ['2026-03-03T12:00Z', '2026-03-04T12:00Z', '2026-03-05T12:00Z', '2026-03-06T12:00Z'];
    const ids = await stage.happenAt(accountId, eventType, ...days);
    const before = await stage.completionsOf(accountId, questId);
    expect(before.map(({ eventIds }) => eventIds)).toEqual([ids.slice(0, 2), ids.slice(2)]);
    // Now the runs are the 2nd and 3rd, and the 4th and 5th; the 6th begins a third run.
    await stage.happenAt(accountId, eventType, '2026-03-02T12:00Z');
    expect(await stage.completionsOf(accountId, questId)).toEqual(before);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1, completions: 2 });
    await stage.happenAt(accountId, eventType, '2026-03-07T12:00Z');
    expect(await stage.completionsOf(accountId, questId)).toHaveLength(3);
  });

  it('is not broken by a journey, and needs many events of a day no more than one', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 9 });
    const monday = Array.from({ length: 5 }, (_, hour) => `2026-03-02T${11 + hour}:00Z Pacific/Pago_Pago`);
    await stage.happenAt(accountId, eventType, ...monday, '2026-03-03T13:00Z Pacific/Kiritimati');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2 });
    // A late event causes a replay of everything, with the same result.
    await stage.happenAt(accountId, eventType, '2026-03-02T12:30Z Pacific/Pago_Pago');
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2, period: '2026-03-04' });
  });
});
