import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';
import { must, newType } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

interface Outcome {
  readonly moved: readonly string[] | null;
  readonly completions: readonly string[] | null;
}

/** The stored outcomes of these events, in order. */
async function outcomesOf(eventIds: readonly string[]): Promise<Outcome[]> {
  const rows = await stage.sql<Outcome & { eventId: string }>(
    `select event_id as "eventId", moved_quest_ids as moved, completion_ids as completions
    from recorded_event where event_id = any($1)`,
    eventIds,
  );
  return eventIds.map((eventId) => must(rows.find((row) => row.eventId === eventId)));
}

describe('what came of an event is stored with it:', () => {
  it('nothing before it is applied, and nothing if it moves no quest', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const ids = await stage.record(accountId, eventType);
    const nothing = [{ moved: null, completions: null }];
    expect(await outcomesOf(ids)).toMatchObject(nothing);
    await stage.apply(accountId);
    expect(await outcomesOf(ids)).toMatchObject(nothing);
  });

  it('the quests that it moved, of a run too that is over by the end of the batch', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const two = await stage.quest({ eventType, goal: 2 });
    const many = await stage.quest({ eventType, goal: 100 });
    const ids = await stage.record(accountId, eventType, {}, {}, {});
    await stage.apply(accountId);
    const [completion] = await stage.completionsOf(accountId, two);
    const moved = [two, many].toSorted();
    expect(await outcomesOf(ids)).toMatchObject([
      { moved, completions: null },
      { moved, completions: [must(completion).id] },
      { moved, completions: null },
    ]);
  });

  it('not the quests that were completed for good before, or in the same batch', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const once = await stage.quest({ eventType, maxCompletions: 1 });
    const ids = await stage.record(accountId, eventType, {}, {});
    await stage.apply(accountId);
    const later = await stage.happen(accountId, eventType);
    expect(await outcomesOf([...ids, ...later])).toMatchObject([
      { moved: [once], completions: [expect.any(String)] },
      { moved: null, completions: null },
      { moved: null, completions: null },
    ]);
  });

  it('the completion that a late event brings about, though its run may be without that event', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const quest = await stage.quest({ eventType, kind: 'STREAK', cadence: 'DAILY', goal: 3 });
    const days = ['01', '02', '04', '05', '06', '03'].map((day) => `2026-03-${day}T12:00Z`);
    const ids = await stage.happenAt(accountId, eventType, ...days);
    const [first, second] = await stage.completionsOf(accountId, quest);
    const late = must(ids.at(-1));
    expect(must(second).eventIds).not.toContain(late);
    const none = { moved: [quest], completions: null };
    expect(await outcomesOf(ids)).toMatchObject([
      none,
      none,
      none,
      none,
      { moved: [quest], completions: [must(first).id] },
      { moved: [quest], completions: [must(second).id] },
    ]);
  });

  it('all completions that it brings about, in the order of the quests', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const quests: string[] = [];
    for (let count = 0; count < 3; count++) quests.push(await stage.quest({ eventType }));
    const ids = await stage.happen(accountId, eventType);
    const completions: string[] = [];
    for (const quest of quests.toSorted())
      completions.push(must((await stage.completionsOf(accountId, quest))[0]).id);
    expect(await outcomesOf(ids)).toMatchObject([{ moved: quests.toSorted(), completions }]);
  });

  it('once it is applied after all, if it failed before', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const quest = await stage.quest({ eventType });
    const ids = await stage.record(accountId, eventType);
    const broken = {
      ...stage.jobOptions.notifier,
      notify: () => {
        throw new Error('It broke.');
      },
    };
    await stage.runJob(accountId, {
      notifier: Object.assign(Object.create(stage.jobOptions.notifier), broken),
    });
    expect(await outcomesOf(ids)).toMatchObject([{ moved: null, completions: null }]);
    await stage.apply(accountId);
    expect(await outcomesOf(ids)).toMatchObject([{ moved: [quest], completions: [expect.any(String)] }]);
  });
});
