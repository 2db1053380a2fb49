import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { lockCatalog } from '../../src/services/catalog-lock.ts';
import { holdProgress, Stage } from './stage.ts';
import { ago, event, must, newType, until } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('an event moves the quests that it matches', () => {
  it('by its type alone, each once, and each is moved for that person only', async () => {
    const [accountId, other, eventType] = [await stage.person(), await stage.person(), newType()];
    const quests = [await stage.quest({ eventType, goal: 3 }), await stage.quest({ eventType, goal: 3 })];
    const stranger = await stage.quest({ eventType: newType() });
    await stage.happen(accountId, eventType);
    for (const questId of quests) {
      expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1, completions: 0 });
      expect(await stage.progressOf(other, questId)).toBeUndefined();
    }
    expect(await stage.progressOf(accountId, stranger)).toBeUndefined();
    await stage.happen(other, eventType);
    await stage.happen(accountId, eventType);
    for (const questId of quests) {
      expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2, completions: 0 });
      expect(await stage.progressOf(other, questId)).toMatchObject({ count: 1, completions: 0 });
    }
  });

  it.each([
    ['nothing asked', {}, null, true],
    ['what is asked, among other things', { first: true }, { first: true, more: [1, { a: 2 }] }, true],
    ['the same nested', { a: { b: [1] } }, { a: { b: [2, 1], c: 3 } }, true],
    ['another value', { first: true }, { first: false }, false],
    ['the value as text', { first: true }, { first: 'true' }, false],
    ['nothing of it', { first: true }, {}, false],
    ['no data at all', { first: true }, null, false],
    ['a part of an object', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, false],
  ])('by what its data contains: %s', async (_, eventMatch, data, matches) => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, eventMatch, goal: 3 });
    await stage.happen(accountId, eventType, { data });
    const moved = { count: 1, completions: 0 };
    expect(await stage.progressOf(accountId, questId)).toEqual(
      matches ? expect.objectContaining(moved) : undefined,
    );
  });

  it('in the order of the ids of the quests', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const quests: string[] = [];
    for (let n = 0; n < 5; n++) quests.push(await stage.quest({ eventType }));
    await stage.sql(`update quest set id = gen_random_uuid() where event_type = $1`, eventType);
    await stage.happen(accountId, eventType);
    const select = 'select quest_id from quest_completion where account_id = $1 order by id';
    const order = (await stage.sql<{ quest_id: string }>(select, accountId)).map((row) => row.quest_id);
    expect(order).toHaveLength(5);
    expect(order).toEqual(order.toSorted());
    const completions = await stage.sql<{ id: string }>(
      'select id from quest_completion where account_id = $1 order by quest_id',
      accountId,
    );
    const published = (await stage.liveOf(accountId)).filter(([topic]) => topic === 'quest_completed');
    expect(published.map(([, id]) => id)).toEqual(completions.map(({ id }) => id));
  });

  it('that are open at its own time, however late it is applied', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const [startsAt, endsAt] = [ago({ hours: 3 }), ago({ hours: 1 })];
    const questId = await stage.quest({ eventType, goal: 9, startsAt, endsAt });
    const before = new Date(startsAt.getTime() - 1);
    const last = new Date(endsAt.getTime() - 1);
    await stage.happen(accountId, eventType, { timestamp: before }, { timestamp: endsAt });
    expect(await stage.progressOf(accountId, questId)).toBeUndefined();
    await stage.happen(accountId, eventType, { timestamp: startsAt }, { timestamp: last });
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2 });
  });

  it('that are not archived when it is applied', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const stood = await stage.quest({ eventType, goal: 9, archived: true });
    const stands = await stage.quest({ eventType, goal: 9 });
    await stage.record(accountId, eventType);
    await stage.sql('update quest set archived = not archived where event_type = $1', eventType);
    await stage.apply(accountId);
    expect(await stage.progressOf(accountId, stood)).toMatchObject({ count: 1 });
    expect(await stage.progressOf(accountId, stands)).toBeUndefined();
  });

  it('again when they return from the archive, with nothing lost', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 9 });
    await stage.happen(accountId, eventType);
    await stage.sql('update quest set archived = true where id = $1', questId);
    await stage.happen(accountId, eventType);
    await stage.sql('update quest set archived = false where id = $1', questId);
    await stage.happen(accountId, eventType);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 2 });
  });

  it('that were there when it was recorded, however old it is itself', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    await stage.record(accountId, eventType);
    const questId = await stage.quest({ eventType, goal: 9 });
    // Both times are rounded to milliseconds, so that within the same one, before and after cannot be told apart.
    await stage.sql(`update quest set created_at = created_at + interval '1 ms' where id = $1`, questId);
    await stage.apply(accountId);
    expect(await stage.progressOf(accountId, questId)).toBeUndefined();
    await stage.sql(`update quest set created_at = created_at - interval '1 ms' where id = $1`, questId);
    await stage.happen(accountId, eventType, { timestamp: ago({ hours: 24 }) });
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1 });
  });

  it('that allow it, where the person has recorded it', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const allows = await stage.quest({ eventType, goal: 9, selfReported: true });
    const forbids = await stage.quest({ eventType, goal: 9 });
    await stage.events.recordEvents({ accountId, role: 'USER' }, [event({ accountId, eventType })], 0);
    await stage.apply(accountId);
    expect(await stage.progressOf(accountId, allows)).toMatchObject({ count: 1 });
    expect(await stage.progressOf(accountId, forbids)).toBeUndefined();
    await stage.happen(accountId, eventType);
    expect(await stage.progressOf(accountId, allows)).toMatchObject({ count: 2 });
    expect(await stage.progressOf(accountId, forbids)).toMatchObject({ count: 1 });
  });
});

describe('an edit of the catalog', () => {
  it('is waited for by what is applied, which then goes by it', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 9 });
    await stage.record(accountId, eventType);
    const applied = await transaction(stage.database, async (tx) => {
      await lockCatalog(tx);
      const applying = stage.apply(accountId);
      await until(() => stage.isWaitedFor('advisory'));
      await tx.query(archive, [questId]);
      return { applying };
    });
    await applied.applying;
    expect(await stage.progressOf(accountId, questId)).toBeUndefined();
  });

  it('waits for what is being applied, and then sees it', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType, goal: 9 });
    await stage.record(accountId, eventType);
    const edited = await transaction(stage.database, async (tx) => {
      await tx.query(holdProgress);
      const applying = stage.apply(accountId);
      await until(() => stage.isWaitedFor('relation'));
      const editing = transaction(stage.database, async (edit) => {
        await lockCatalog(edit);
        return edit.query(countProgress, [questId]);
      });
      await until(() => stage.isWaitedFor('advisory'));
      return { applying, editing };
    });
    await edited.applying;
    expect(await edited.editing).toEqual([{ people: 1 }]);
  });
});

const archive = statement('test.archive', 'update quest set archived = true where id = $1');
const countProgress = statement<{ people: number }>(
  'test.count_progress',
  'select count(*) as people from quest_progress where quest_id = $1',
);

describe('prerequisites', () => {
  it('are those that were met before the event moved anything', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const first = await stage.quest({ eventType, maxCompletions: 1 });
    const second = await stage.quest({ eventType, goal: 2, prerequisites: [first] });
    const [one, two, three] = await stage.record(accountId, eventType, {}, {}, {});
    await stage.apply(accountId);
    expect(await stage.completionsOf(accountId, first)).toMatchObject([{ eventIds: [one] }]);
    const [completion] = await stage.completionsOf(accountId, second);
    expect(new Set(completion?.eventIds)).toEqual(new Set([two, three]));
  });

  it('are all of them, each completed at least once', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const types = [newType(), newType()];
    const prerequisites: string[] = [];
    for (const type of types) prerequisites.push(await stage.quest({ eventType: type, goal: 2 }));
    const questId = await stage.quest({ eventType, goal: 9, prerequisites });
    const [one, two] = [must(types[0]), must(types[1])];
    const other = await stage.person();
    for (const type of [one, one, two, two]) await stage.happen(other, type);
    for (const type of [one, one, two]) await stage.happen(accountId, type);
    await stage.happen(accountId, eventType);
    expect(await stage.progressOf(accountId, questId)).toBeUndefined();
    await stage.happen(accountId, two);
    expect(await stage.progressOf(accountId, questId)).toBeUndefined();
    await stage.happen(accountId, eventType);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1 });
  });

  it('go by the moment of application, not of the event', async () => {
    const [accountId, eventType, opening] = [await stage.person(), newType(), newType()];
    const first = await stage.quest({ eventType: opening });
    const questId = await stage.quest({ eventType, goal: 9, prerequisites: [first] });
    await stage.happen(accountId, opening);
    await stage.happen(accountId, eventType, { timestamp: ago({ hours: 40 }) });
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1 });
  });
});
