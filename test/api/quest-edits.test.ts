import { beforeAll, describe, expect, test } from 'vitest';
import { builtInEventTypes } from '../../src/services/rules/built-in-events.ts';
import {
  type CreateQuestInput,
  CreateWholeQuestDocument,
  type UpdateQuestInput,
  UpdateWholeQuestDocument,
  WholeQuestByIdDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();
let admin: Client;
beforeAll(async () => {
  admin = (await seed.admin()).client;
});

type Changes = Omit<UpdateQuestInput, 'id' | 'expectedVersion'>;
interface Versioned {
  readonly id: string;
  readonly version: number;
}

const change = async ({ id, version }: Versioned, changes: Changes) =>
  (await admin.mutate(UpdateWholeQuestDocument, { input: { id, expectedVersion: version, ...changes } }))
    .quest;
const refusal = ({ id, version }: Versioned, changes: Changes) =>
  admin.refused(UpdateWholeQuestDocument, { input: { id, expectedVersion: version, ...changes } });
const questOf = async (id: string) => (await client.run(WholeQuestByIdDocument, { id })).quest;
const contents = () => site.contents('quest', 'quest_reward', 'quest_prerequisite', 'reward');
const aQuestsId = 'quest_01h455vb4pex5vsknk084sn02q';
const aRewardsId = 'reward_01h455vb4pex5vsknk084sn02q';

describe('updateQuest', () => {
  test('changes what is given, and nothing else, and counts the versions', async () => {
    const [first, reward] = await Promise.all([seed.quest(), seed.reward()]);
    const quest = await seed.quest();
    const steps: [Changes, object?][] = [
      [{}],
      [{ name: ' New name ' }, { name: 'New name' }],
      [{ description: 'New' }],
      [{ eventType: unique('test.') }],
      [{ eventMatch: { a: 1 } }],
      [{ cadence: 'DAILY' }],
      [{ kind: 'STREAK' }],
      [{ goal: 3 }],
      [{ autoClaim: true }],
      [{ maxCompletions: 9 }],
      [{ selfReported: true }],
      [{ prerequisiteIds: [first.id] }, { prerequisites: [{ id: first.id }] }],
      [{ rewards: [{ rewardId: reward.id }] }, { rewards: [{ quantity: 1, reward: expect.anything() }] }],
      [{ startsAt: '2026-01-01T00:00:00.000Z' }],
      [{ endsAt: '2026-12-31T00:00:00.000Z' }],
      [{ archived: true }],
      [{ archived: false }],
      [{ eventMatch: null }],
      [{ maxCompletions: null }],
      [{ prerequisiteIds: [] }, { prerequisites: [] }],
      [{ rewards: [] }, { rewards: [] }],
      [{ startsAt: null }],
      [{ endsAt: null }],
    ];
    let last = quest;
    for (const [changes, shown = changes] of steps) {
      const next = await change(last, changes);
      expect(next).toEqual({ ...last, ...shown, version: last.version + 1, updatedAt: next.updatedAt });
      expect(Date.parse(next.updatedAt)).toBeGreaterThanOrEqual(Date.parse(last.updatedAt));
      expect(await questOf(quest.id)).toEqual(next);
      last = next;
    }
  });

  test('refuses null where nothing may be cleared', async () => {
    const quest = await seed.quest();
    const before = await contents();
    const fields = [
      'name',
      'description',
      'eventType',
      'kind',
      'cadence',
      'goal',
      'autoClaim',
      'selfReported',
      'prerequisiteIds',
      'rewards',
      'archived',
    ] as const;
    for (const field of fields) {
      expect(await refusal(quest, { [field]: null })).toEqual([['INVALID', `input.${field}`]]);
    }
    expect(await contents()).toBe(before);
  });

  test.each(builtInEventTypes)('lets nobody record %s for themselves', async (eventType) => {
    const input = { name: 'A quest', eventType: ` ${eventType} `, selfReported: true };
    expect(await admin.refused(CreateWholeQuestDocument, { input })).toEqual([
      ['INVALID', 'input.selfReported'],
    ]);
    // Nobody makes progress in it, because then its type could not change.
    const own = await seed.quest({ eventType, eventMatch: { never: true } });
    const selfReported = await seed.quest({ selfReported: true, eventMatch: { never: true } });
    const before = await contents();
    for (const [target, changes, field] of [
      [own, { selfReported: true }, 'selfReported'],
      [own, { selfReported: true, eventType }, 'selfReported'],
      [selfReported, { eventType }, 'eventType'],
      [selfReported, { eventType: `\t${eventType}\n` }, 'eventType'],
      [selfReported, { eventType, selfReported: true }, 'selfReported'],
    ] satisfies [Versioned, Changes, string][]) {
      expect(await refusal(target, changes)).toEqual([['INVALID', `input.${field}`]]);
    }
    expect(await contents()).toBe(before);
    await change(own, { eventType: `${eventType}_again`, selfReported: true });
    await change(selfReported, { eventType, selfReported: false });
  });

  test('refuses what breaks a rule, alone or beside what the quest has, and changes nothing', async () => {
    const quest = await seed.quest({ startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-03-01T00:00:00Z' });
    const streak = await seed.quest({ kind: 'STREAK', cadence: 'DAILY' });
    const before = await contents();
    expect(await refusal(quest, { name: '', goal: 0 })).toEqual([
      ['INVALID', 'input.name'],
      ['INVALID', 'input.goal'],
    ]);
    for (const [target, changes, expected] of [
      [quest, { eventType: 'No' }, ['INVALID', 'input.eventType']],
      [quest, { kind: 'STREAK' }, ['INVALID', 'input.cadence']],
      [streak, { cadence: 'NONE' }, ['INVALID', 'input.cadence']],
      [quest, { startsAt: '2026-04-01T00:00:00Z' }, ['INVALID', 'input.endsAt']],
      [quest, { endsAt: '2026-01-01T00:00:00Z' }, ['INVALID', 'input.endsAt']],
      [quest, { maxCompletions: 0 }, ['INVALID', 'input.maxCompletions']],
      [quest, { prerequisiteIds: [aQuestsId] }, ['NOT_FOUND', 'input.prerequisiteIds']],
      [quest, { prerequisiteIds: [quest.id] }, ['INVALID', 'input.prerequisiteIds']],
      [quest, { prerequisiteIds: [streak.id, streak.id] }, ['INVALID', 'input.prerequisiteIds']],
      [quest, { rewards: [{ rewardId: aRewardsId }] }, ['NOT_FOUND', 'input.rewards']],
      [{ ...quest, id: aQuestsId }, { goal: 2 }, ['NOT_FOUND', 'input.id']],
      [{ ...quest, id: aRewardsId }, { goal: 2 }, ['NOT_FOUND', 'input.id']],
      [{ ...quest, version: 2 }, { goal: 2 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...quest, version: 0 }, { goal: 2 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
    ] satisfies [Versioned, Changes, [string, string]][]) {
      expect([changes, await refusal(target, changes)]).toEqual([changes, [expected]]);
    }
    const input = { id: 'quest_', expectedVersion: 1 };
    expect(await admin.fails(UpdateWholeQuestDocument, { input })).toEqual(['BAD_USER_INPUT']);
    expect(await contents()).toBe(before);
  });

  test('refuses a cycle of prerequisites, however long', async () => {
    const first = await seed.quest();
    const second = await seed.quest({ prerequisiteIds: [first.id] });
    const third = await seed.quest({ prerequisiteIds: [second.id] });
    const before = await contents();
    const cycle = [['INVALID', 'input.prerequisiteIds']];
    expect(await refusal(first, { prerequisiteIds: [first.id] })).toEqual(cycle);
    expect(await refusal(first, { prerequisiteIds: [second.id] })).toEqual(cycle);
    expect(await refusal(first, { prerequisiteIds: [third.id] })).toEqual(cycle);
    expect(await contents()).toBe(before);
    await change(third, { prerequisiteIds: [] });
    expect((await change(first, { prerequisiteIds: [third.id] })).prerequisites).toEqual([{ id: third.id }]);
  });

  test('two that would close a cycle together: one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, other] = await Promise.all([seed.quest(), seed.quest()]);
      const results = await Promise.all([
        refusal(one, { prerequisiteIds: [other.id] }),
        refusal(other, { prerequisiteIds: [one.id] }),
      ]);
      expect(results.flat()).toEqual([['INVALID', 'input.prerequisiteIds']]);
    }
  });

  test('of 50 changes of one version at once one wins', async () => {
    const quest = await seed.quest();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refusal(quest, { name: `Name ${index}` })),
    );
    const winners = results.flatMap((errors, index) => (errors.length === 0 ? [`Name ${index}`] : []));
    expect(winners).toHaveLength(1);
    expect(results.flat()).toEqual(
      Array.from({ length: 49 }, () => ['VERSION_CONFLICT', 'input.expectedVersion']),
    );
    expect(await questOf(quest.id)).toMatchObject({ name: winners[0], version: 2 });
  });
});

describe('once somebody has progress', () => {
  const rules: Partial<CreateQuestInput> = {
    kind: 'COUNT',
    cadence: 'DAILY',
    goal: 3,
    eventMatch: { a: { b: 1 }, c: [2] },
  };

  /** A quest in which a person has progress of 1. */
  async function begunQuest(given: Partial<CreateQuestInput>) {
    const [quest, person] = await Promise.all([seed.quest(given), seed.user()]);
    await seed.event(person, quest.eventType, { data: given.eventMatch });
    await site.settled();
    const own = await person.client.run(WholeQuestByIdDocument, { id: quest.id });
    expect(own.quest?.viewerProgress).toMatchObject({ count: 1, completions: 0 });
    return quest;
  }

  test('what its progress was made by cannot change', async () => {
    const quest = await begunQuest(rules);
    const before = await contents();
    for (const [field, values] of [
      ['kind', [{ kind: 'STREAK' }]],
      ['cadence', [{ cadence: 'WEEKLY' }, { cadence: 'NONE' }]],
      ['eventType', [{ eventType: unique('test.') }]],
      ['eventMatch', [{ eventMatch: null }, { eventMatch: {} }, { eventMatch: { a: { b: 2 }, c: [2] } }]],
    ] satisfies [string, Changes[]][]) {
      for (const changes of values) {
        expect([changes, await refusal(quest, changes)]).toEqual([changes, [['INVALID', `input.${field}`]]]);
      }
    }
    expect(await contents()).toBe(before);
  });

  test('the same values are no change, and everything else may change', async () => {
    const quest = await begunQuest(rules);
    const [same, reward] = await Promise.all([seed.quest(), seed.reward()]);
    const next = await change(quest, {
      kind: 'COUNT',
      cadence: 'DAILY',
      eventType: quest.eventType,
      eventMatch: { c: [2], a: { b: 1 } },
      name: 'Other',
      description: 'Other',
      goal: 2,
      autoClaim: true,
      maxCompletions: 5,
      selfReported: true,
      prerequisiteIds: [same.id],
      rewards: [{ rewardId: reward.id }],
      startsAt: '2026-01-01T00:00:00Z',
      archived: true,
    });
    expect(next).toMatchObject({ name: 'Other', goal: 2, archived: true, version: 2 });
  });

  test('an edit and the first event at once: never a frozen field changed under progress', async () => {
    const person = await seed.user();
    for (let round = 0; round < 5; round++) {
      const quest = await seed.quest({ goal: 2 });
      const [, errors] = await Promise.all([
        seed.event(person, quest.eventType),
        refusal(quest, { eventType: unique('test.') }),
      ]);
      await site.settled();
      const { quest: own } = await person.client.run(WholeQuestByIdDocument, { id: quest.id });
      expect([errors, own?.viewerProgress?.count ?? 0]).toEqual(
        errors.length === 0 ? [[], 0] : [[['INVALID', 'input.eventType']], 1],
      );
    }
  });
});
