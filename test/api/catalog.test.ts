import { beforeAll, describe, expect, test } from 'vitest';
import {
  type CreateQuestInput,
  CreateRewardDocument,
  CreateWholeQuestDocument,
  RewardDocument,
  UpdateRewardDocument,
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

const questInput = (given: Partial<CreateQuestInput> = {}) => ({
  name: unique('Quest '),
  eventType: unique('test.'),
  ...given,
});
const create = (given: Partial<CreateQuestInput>) =>
  admin.mutate(CreateWholeQuestDocument, { input: questInput(given) });
const refusal = (given: Partial<CreateQuestInput>) =>
  admin.refused(CreateWholeQuestDocument, { input: questInput(given) });
const contents = () => site.contents('quest', 'quest_reward', 'quest_prerequisite', 'reward');
const aQuestsId = 'quest_01h455vb4pex5vsknk084sn02q';
const aRewardsId = 'reward_01h455vb4pex5vsknk084sn02q';

describe('createQuest', () => {
  test('fills in the defaults, and everyone sees the quest', async () => {
    const input = questInput();
    const { quest } = await admin.mutate(CreateWholeQuestDocument, { input });
    expect(quest).toEqual({
      ...input,
      id: expect.stringMatching(/^quest_[0-9a-z]{26}$/),
      description: '',
      eventMatch: null,
      kind: 'COUNT',
      cadence: 'NONE',
      goal: 1,
      autoClaim: false,
      maxCompletions: 1,
      selfReported: false,
      prerequisites: [],
      rewards: [],
      startsAt: null,
      endsAt: null,
      archived: false,
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: quest.createdAt,
      viewerProgress: null,
    });
    expect(await client.run(WholeQuestByIdDocument, { id: quest.id })).toEqual({ quest });
  });

  test('keeps all that is given, in the order in which it is given', async () => {
    const [one, other] = await Promise.all([seed.quest(), seed.quest()]);
    const [gold, diamonds] = [await seed.reward(), await seed.reward({ currency: 'DIAMOND', amount: 3 })];
    const input = {
      description: ' Two lines\r\nof text ',
      eventMatch: { lesson: 'first', tags: ['a', { deep: null }] },
      kind: 'STREAK',
      cadence: 'WEEKLY',
      goal: 1_000_000,
      autoClaim: true,
      maxCompletions: 7,
      selfReported: true,
      prerequisiteIds: [other.id, one.id],
      rewards: [
        { rewardId: diamonds.id, quantity: 1000 },
        { rewardId: gold.id, quantity: 1 },
      ],
      startsAt: '2026-01-01T02:00:00+02:00',
      endsAt: '2026-01-02T00:00:00.123Z',
    } as const;
    const { quest } = await create(input);
    expect(quest).toMatchObject({
      description: 'Two lines\nof text',
      eventMatch: input.eventMatch,
      kind: 'STREAK',
      cadence: 'WEEKLY',
      goal: 1_000_000,
      autoClaim: true,
      maxCompletions: 7,
      selfReported: true,
      prerequisites: [{ id: other.id }, { id: one.id }],
      rewards: [
        { quantity: 1000, reward: { id: diamonds.id, item: { currency: 'DIAMOND', amount: 3 } } },
        { quantity: 1, reward: { id: gold.id, item: { currency: 'GOLD', amount: 10 } } },
      ],
      startsAt: '2026-01-01T00:00:00.000Z',
      endsAt: '2026-01-02T00:00:00.123Z',
    });
    expect(await client.run(WholeQuestByIdDocument, { id: quest.id })).toEqual({ quest });
  });

  test.each([
    [{ cadence: 'NONE' }, 1],
    [{ cadence: 'DAILY' }, null],
    [{ cadence: 'WEEKLY' }, null],
    [{ cadence: 'MONTHLY' }, null],
    [{ cadence: 'NONE', maxCompletions: null }, null],
    [{ cadence: 'DAILY', maxCompletions: null }, null],
    [{ cadence: 'DAILY', maxCompletions: 3 }, 3],
  ] satisfies [Partial<CreateQuestInput>, number | null][])(
    '%j can be completed so often: %j',
    async (given, most) => {
      expect((await create(given)).quest.maxCompletions).toBe(most);
    },
  );

  const bigObject = { text: 'x'.repeat(16 * 1024) };
  const ids = (count: number) => Array.from({ length: count }, () => aQuestsId);
  test.each([
    ['name', 'INVALID', [{ name: '' }, { name: ' ' }, { name: 'x'.repeat(201) }, { name: 'a\nb' }]],
    ['description', 'INVALID', [{ description: 'x'.repeat(5001) }, { description: 'a\u0000b' }]],
    [
      'eventType',
      'INVALID',
      ['ab', 'x'.repeat(101), 'Upper', 'a-b', '.abc', 'abc.', 'a..b', ''].map((eventType) => ({ eventType })),
    ],
    ['eventMatch', 'INVALID', [{ eventMatch: bigObject }, { eventMatch: { a: '\u0000' } }]],
    ['goal', 'INVALID', [{ goal: 0 }, { goal: -1 }, { goal: 1_000_001 }]],
    ['maxCompletions', 'INVALID', [{ maxCompletions: 0 }, { maxCompletions: -1 }]],
    ['cadence', 'INVALID', [{ kind: 'STREAK' }, { kind: 'STREAK', cadence: 'NONE' }]],
    [
      'endsAt',
      'INVALID',
      [
        { startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' },
        { startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' },
      ],
    ],
    ['prerequisiteIds', 'INVALID', [{ prerequisiteIds: ids(2) }, { prerequisiteIds: ids(21) }]],
    ['prerequisiteIds', 'NOT_FOUND', [{ prerequisiteIds: [aQuestsId] }, { prerequisiteIds: [aRewardsId] }]],
    ['rewards', 'INVALID', [{ rewards: [{ rewardId: aRewardsId }, { rewardId: aRewardsId }] }]],
    [
      'rewards',
      'NOT_FOUND',
      [{ rewards: [{ rewardId: aRewardsId }] }, { rewards: [{ rewardId: aQuestsId }] }],
    ],
    [
      'rewards.0.quantity',
      'INVALID',
      [0, 1001].map((quantity) => ({ rewards: [{ rewardId: aRewardsId, quantity }] })),
    ],
  ] satisfies [string, string, Partial<CreateQuestInput>[]][])(
    'refuses a bad %s as %s, and makes nothing',
    async (field, code, inputs) => {
      const before = await contents();
      for (const given of inputs) {
        expect([given, await refusal(given)]).toEqual([given, [[code, `input.${field}`]]]);
      }
      expect(await contents()).toBe(before);
    },
  );

  test('names all that is wrong at once', async () => {
    expect(await refusal({ name: '', goal: 0, eventType: 'X' })).toEqual([
      ['INVALID', 'input.name'],
      ['INVALID', 'input.eventType'],
      ['INVALID', 'input.goal'],
    ]);
  });

  test('cannot read malformed ids, numbers and objects', async () => {
    const before = await contents();
    const malformed = [
      { prerequisiteIds: ['nonsense'] },
      { rewards: [{ rewardId: 'reward_' }] },
      { startsAt: 20260101 },
      { goal: 1.5 },
      { goal: '1' },
      { name: 5 },
      { eventMatch: 'text' },
      { eventMatch: [] },
      { cadence: 'YEARLY' },
      { kind: null },
      { rewards: null },
      { unknown: 1 },
    ];
    for (const given of malformed) {
      const variables = { input: { ...questInput(), ...given } };
      const query = 'mutation($input: CreateQuestInput!) { createQuest(input: $input) { quest { id } } }';
      const { status, body } = await admin.post({ query, variables });
      expect([given, status, body.errors?.map(({ extensions }) => extensions?.code)]).toEqual([
        given,
        200,
        ['BAD_USER_INPUT'],
      ]);
    }
    expect(await contents()).toBe(before);
  });

  test('takes 20 prerequisites and 20 rewards, and no more', async () => {
    const quests = await Promise.all(Array.from({ length: 21 }, () => seed.quest()));
    const rewards = await Promise.all(Array.from({ length: 21 }, () => seed.reward()));
    const prerequisiteIds = quests.map(({ id }) => id);
    const links = rewards.map(({ id }) => ({ rewardId: id }));
    expect(await refusal({ prerequisiteIds })).toEqual([['INVALID', 'input.prerequisiteIds']]);
    expect(await refusal({ rewards: links })).toEqual([['INVALID', 'input.rewards']]);
    const { quest } = await create({
      prerequisiteIds: prerequisiteIds.slice(0, 20),
      rewards: links.slice(0, 20),
    });
    expect(quest.prerequisites.map(({ id }) => id)).toEqual(prerequisiteIds.slice(0, 20));
    expect(quest.rewards.map(({ reward }) => reward.id)).toEqual(
      links.slice(0, 20).map(({ rewardId }) => rewardId),
    );
  });

  test('refuses rewards of which a wallet could not hold the sum', async () => {
    const most = { currency: 'GOLD', amount: 10 ** 12 } as const;
    const rewards = await Promise.all(Array.from({ length: 10 }, () => seed.reward(most)));
    const links = rewards.map(({ id }) => ({ rewardId: id, quantity: 1000 }));
    expect(await refusal({ rewards: links })).toEqual([['INVALID', 'input.rewards']]);
    expect(await refusal({ rewards: links.slice(0, 9) })).toEqual([]);
  });
});

describe('createReward and updateReward', () => {
  const rewardOf = async (id: string) => (await client.run(RewardDocument, { id })).reward;

  test('make a reward and change what is given', async () => {
    const input = { name: ' Gold ', item: { currency: 'GOLD', amount: 10 ** 12 } } as const;
    const { reward } = await admin.mutate(CreateRewardDocument, { input });
    expect(reward).toMatchObject({ name: 'Gold', item: input.item, version: 1 });
    const change = async (changes: object) => {
      const { version } = (await rewardOf(reward.id)) ?? { version: 0 };
      await admin.mutate(UpdateRewardDocument, {
        input: { id: reward.id, expectedVersion: version, ...changes },
      });
      return rewardOf(reward.id);
    };
    expect(await change({ name: 'More gold' })).toMatchObject({
      name: 'More gold',
      item: input.item,
      version: 2,
    });
    const item = { currency: 'DIAMOND', amount: 1 };
    expect(await change({ item })).toMatchObject({ name: 'More gold', item, version: 3 });
  });

  test('refuse what breaks a rule, and change nothing', async () => {
    const reward = await seed.reward();
    const before = await contents();
    const item = (amount: number) => ({ item: { currency: 'GOLD', amount } as const });
    const good = { name: 'Gold', ...item(1) };
    for (const [wrong, field] of [
      [{ name: '' }, 'name'],
      [{ name: 'x'.repeat(201) }, 'name'],
      [item(0), 'item.amount'],
      [item(-1), 'item.amount'],
      [item(10 ** 12 + 1), 'item.amount'],
    ] as const) {
      const invalid = [['INVALID', `input.${field}`]];
      expect(await admin.refused(CreateRewardDocument, { input: { ...good, ...wrong } })).toEqual(invalid);
      const input = { id: reward.id, expectedVersion: 1, ...wrong };
      expect(await admin.refused(UpdateRewardDocument, { input })).toEqual(invalid);
    }
    const target = { id: reward.id, expectedVersion: 1 };
    for (const [input, expected] of [
      [{ ...target, name: null }, ['INVALID', 'input.name']],
      [{ ...target, item: null }, ['INVALID', 'input.item']],
      [{ ...target, id: aRewardsId }, ['NOT_FOUND', 'input.id']],
      [{ ...target, id: aQuestsId }, ['NOT_FOUND', 'input.id']],
      [{ ...target, expectedVersion: 2, name: 'x' }, ['VERSION_CONFLICT', 'input.expectedVersion']],
    ] as const) {
      expect(await admin.refused(UpdateRewardDocument, { input })).toEqual([expected]);
    }
    expect(await admin.fails(UpdateRewardDocument, { input: { ...target, id: 'reward' } })).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(await contents()).toBe(before);
  });

  test('two changes of one version at once: one wins', async () => {
    const { id } = await seed.reward();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        admin.refused(UpdateRewardDocument, { input: { id, expectedVersion: 1, name: `Name ${index}` } }),
      ),
    );
    expect(results.filter((errors) => errors.length === 0)).toHaveLength(1);
    expect(results.flat()).toEqual(
      Array.from({ length: 19 }, () => ['VERSION_CONFLICT', 'input.expectedVersion']),
    );
    expect((await rewardOf(id))?.version).toBe(2);
  });
});
