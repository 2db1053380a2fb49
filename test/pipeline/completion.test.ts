import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { transaction } from '../../src/database/transaction.ts';
import { toId } from '../../src/domain/ids.ts';
import { systemWallets } from '../../src/services/ledger.ts';
import { Stage } from './stage.ts';
import { fifty, must, newType, refusalOf } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());
afterEach(async () => expect(await stage.imbalances()).toEqual([]));

const viewer = (accountId: string) => ({ accountId, role: 'USER' }) as const;

/** A person with one completion of a quest that pays 30 gold and 2 diamonds. */
async function completed(autoClaim = false) {
  const [accountId, eventType] = [await stage.person(), newType()];
  const [gold, diamond] = [await stage.reward('GOLD', 10), await stage.reward('DIAMOND', 1)];
  const rewards = [
    { rewardId: gold, quantity: 2 },
    { rewardId: diamond, quantity: 2 },
    { rewardId: await stage.reward('GOLD', 10) },
  ];
  const questId = await stage.quest({ eventType, autoClaim, rewards });
  await stage.happen(accountId, eventType);
  const [completion] = await stage.completionsOf(accountId, questId);
  return { accountId, eventType, questId, completion: must(completion), gold };
}

/** The events about this person that the server recorded itself. */
function ownEvents(accountId: string) {
  const select = `select event_type as type, data from recorded_event
    where account_id = $1 and recorded_by is null order by position`;
  return stage.sql(select, accountId);
}

describe('a completion', () => {
  it('freezes the rewards, summed for each currency, at the versions that are valid then', async () => {
    const { accountId, eventType, questId, completion, gold } = await completed();
    expect(completion).toMatchObject({ gold: 30, diamond: 2, claimed: false });
    await stage.sql('update reward set amount = 1000, version = 2 where id = $1', gold);
    await stage.happen(accountId, eventType);
    const [first, second] = await stage.completionsOf(accountId, questId);
    expect([first, second]).toMatchObject([{ gold: 30 }, { gold: 2_010 }]);
    await stage.completions.claimReward(viewer(accountId), must(first).id);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 30, diamond: 2 });
  });

  it('is told to the person, to who listens, and to other quests, in one transaction', async () => {
    const { accountId, questId, completion } = await completed();
    const [notification] = await stage.notificationsOf(accountId);
    expect(notification).toEqual({
      kind: 'QUEST_COMPLETED',
      title: 'Quest completed',
      body: 'You completed “a quest”. Claim your reward: 30 gold and 2 diamonds.',
      subjectId: completion.id,
    });
    const live = await stage.liveOf(accountId);
    expect(live.map(([topic]) => topic)).toEqual([
      'quest_progressed',
      'quest_completed',
      'notification_received',
    ]);
    expect(live[1]?.[1]).toBe(completion.id);
    const data = { questId: toId('quest', questId) };
    expect(await ownEvents(accountId)).toEqual([{ type: 'quest.completed', data }]);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 0 });
  });

  it('moves quests on quest.completed, of that quest where they say so', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType });
    const eventMatch = { questId: toId('quest', questId) };
    const follower = await stage.quest({ eventType: 'quest.completed', eventMatch, goal: 9 });
    const stranger = await stage.quest({
      eventType: 'quest.completed',
      eventMatch: { questId: toId('quest', randomUUID()) },
    });
    await stage.happen(accountId, eventType);
    expect(await stage.progressOf(accountId, follower)).toMatchObject({ count: 1 });
    expect(await stage.progressOf(accountId, stranger)).toBeUndefined();
  });

  it.each(['quest.completed', 'reward.claimed'])(
    'of a quest on %s records neither of the two',
    async (own) => {
      const [accountId, eventType] = [await stage.person(), newType()];
      const eventMatch = { questId: toId('quest', await stage.quest({ eventType, autoClaim: true })) };
      const rewards = [{ rewardId: await stage.reward('GOLD', 5) }];
      const feeding = await stage.quest({ eventType: own, eventMatch, rewards });
      const claiming = await stage.quest({ eventType: own, eventMatch, rewards, autoClaim: true });
      await stage.happen(accountId, eventType);
      const [completion] = await stage.completionsOf(accountId, feeding);
      await stage.completions.claimReward(viewer(accountId), must(completion).id);
      await stage.apply(accountId);
      expect(await stage.completionsOf(accountId, claiming)).toMatchObject([{ claimed: true }]);
      // Only those of the quest that was completed first.
      const types = (await ownEvents(accountId)).map(({ type }) => type);
      expect(types).toEqual(['quest.completed', 'reward.claimed']);
      expect(await stage.balanceOf(accountId)).toEqual({ gold: 10, diamond: 0 });
    },
  );
});

describe('claimReward', () => {
  it('pays once: entries, balance, notification, live events and reward.claimed together', async () => {
    const { accountId, questId, completion } = await completed();
    const claim = must(await stage.completions.claimReward(viewer(accountId), completion.id));
    const entries = await stage.entriesOf(accountId);
    const entry = { reason: 'QUEST_REWARD', sourceId: completion.id, note: null };
    expect(entries).toMatchObject([
      { ...entry, currency: 'GOLD', amount: 30, balanceAfter: 30 },
      { ...entry, currency: 'DIAMOND', amount: 2, balanceAfter: 2 },
    ]);
    const entryIds = entries.map(({ id }) => id);
    expect(claim).toEqual({ completionId: completion.id, accountId, alreadyClaimed: false, entryIds });
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 30, diamond: 2 });
    expect((await stage.notificationsOf(accountId)).at(-1)).toEqual({
      kind: 'REWARD_GRANTED',
      title: 'Reward granted',
      body: 'You got 30 gold and 2 diamonds for “a quest”.',
      subjectId: completion.id,
    });
    const live = (await stage.liveOf(accountId)).slice(3);
    expect(live.map(([topic]) => topic)).toEqual([
      'wallet_changed',
      'wallet_changed',
      'notification_received',
    ]);
    expect(live.slice(0, 2).map(([, id]) => id)).toEqual(entryIds);
    const data = { questId: toId('quest', questId) };
    expect((await ownEvents(accountId)).at(-1)).toEqual({ type: 'reward.claimed', data });
  });

  it('returns the first claim the second time', async () => {
    const { accountId, completion } = await completed();
    const first = must(await stage.completions.claimReward(viewer(accountId), completion.id));
    const second = await stage.completions.claimReward(viewer(accountId), completion.id);
    expect(second).toEqual({ ...first, alreadyClaimed: true });
    expect(await stage.notificationsOf(accountId)).toHaveLength(2);
  });

  it('fifty times at once pays once', async () => {
    const { accountId, completion } = await completed();
    const claims = await fifty(() => stage.completions.claimReward(viewer(accountId), completion.id));
    const made = claims.map(must);
    expect(made.filter(({ alreadyClaimed }) => !alreadyClaimed)).toHaveLength(1);
    const entryIds = (await stage.entriesOf(accountId)).map(({ id }) => id);
    for (const claim of made) expect(claim.entryIds).toEqual(entryIds);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 30, diamond: 2 });
    const claimed = (await ownEvents(accountId)).filter(({ type }) => type === 'reward.claimed');
    expect(claimed).toHaveLength(1);
  });

  it('finds nobody else’s completion, and none that is not there', async () => {
    const { completion, accountId } = await completed();
    const other = await stage.person();
    for (const id of [completion.id, randomUUID(), null]) {
      const refused = await stage.completions.claimReward(viewer(other), id);
      expect(refusalOf(refused)).toEqual(['NOT_FOUND', 'completionId']);
    }
    for (const id of [accountId, other]) expect(await stage.entriesOf(id)).toEqual([]);
  });

  it('claims one without rewards, for which there are no entries', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const questId = await stage.quest({ eventType });
    await stage.happen(accountId, eventType);
    const [completion] = await stage.completionsOf(accountId, questId);
    expect(completion).toMatchObject({ gold: 0, diamond: 0, claimed: false });
    const claim = must(await stage.completions.claimReward(viewer(accountId), must(completion).id));
    expect(claim).toMatchObject({ alreadyClaimed: false, entryIds: [] });
    expect(await stage.completionsOf(accountId, questId)).toMatchObject([{ claimed: true }]);
    expect((await stage.notificationsOf(accountId)).map(({ kind }) => kind)).toEqual(['QUEST_COMPLETED']);
  });

  it('changes nothing where the wallet cannot hold more', async () => {
    const { accountId, questId, completion } = await completed();
    await fill(accountId);
    const refused = await stage.completions.claimReward(viewer(accountId), completion.id);
    expect(refusalOf(refused)).toEqual(['NOT_AVAILABLE', undefined]);
    expect(await stage.completionsOf(accountId, questId)).toMatchObject([{ claimed: false }]);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: Number.MAX_SAFE_INTEGER, diamond: 0 });
  });
});

describe('autoClaim', () => {
  it('pays in the transaction of the completion, and a claim after it returns that', async () => {
    const { accountId, questId, completion } = await completed(true);
    expect(completion).toMatchObject({ claimed: true });
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 30, diamond: 2 });
    const times = await stage.sql(
      `select distinct created_at from ledger_entry where source_id = $1
      union select completed_at from quest_completion where id = $1
      union select claimed_at from quest_completion where id = $1`,
      completion.id,
    );
    expect(times).toHaveLength(1);
    const kinds = (await stage.notificationsOf(accountId)).map(({ kind, body }) => [kind, body]);
    expect(kinds).toEqual([
      ['QUEST_COMPLETED', 'You completed “a quest”.'],
      ['REWARD_GRANTED', 'You got 30 gold and 2 diamonds for “a quest”.'],
    ]);
    const data = { questId: toId('quest', questId) };
    expect(await ownEvents(accountId)).toEqual([
      { type: 'quest.completed', data },
      { type: 'reward.claimed', data },
    ]);
    const claim = must(await stage.completions.claimReward(viewer(accountId), completion.id));
    const entryIds = (await stage.entriesOf(accountId)).map(({ id }) => id);
    expect(claim).toMatchObject({ alreadyClaimed: true, entryIds });
  });

  it('leaves the completion to be claimed where the wallet cannot hold it', async () => {
    const { accountId, eventType, questId } = await completed(true);
    await fill(accountId);
    await stage.happen(accountId, eventType);
    const completions = await stage.completionsOf(accountId, questId);
    expect(completions.map(({ claimed }) => claimed)).toEqual([true, false]);
    expect(await stage.pendingOf(accountId)).toEqual([]);
  });

  it('pays many completions of one batch, each by its own entries, with the statements of one', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const rewards = [{ rewardId: await stage.reward('GOLD', 7) }];
    const questId = await stage.quest({ eventType, autoClaim: true, rewards });
    await stage.record(accountId, eventType, ...Array.from({ length: 30 }, () => ({})));
    const many = await statementsOf(() => stage.runJob(accountId));
    await stage.apply(accountId);
    expect(await stage.completionsOf(accountId, questId)).toHaveLength(30);
    const other = await stage.person();
    await stage.record(other, eventType);
    expect(await statementsOf(() => stage.runJob(other))).toEqual(many);
    const balances = (await stage.entriesOf(accountId)).map(({ balanceAfter }) => balanceAfter);
    expect(balances).toEqual(Array.from({ length: 30 }, (_, index) => 7 * (index + 1)));
  });
});

/** The statements that `act` sends, in its transaction. */
async function statementsOf(act: () => Promise<unknown>): Promise<string[]> {
  const before = stage.statements.length;
  await act();
  return stage.statements.slice(before).filter((name) => name !== 'signals.notify');
}

/** Gives the person all the gold that a wallet can hold. */
async function fill(accountId: string): Promise<void> {
  const { gold } = await stage.balanceOf(accountId);
  const movement = {
    accountId,
    against: systemWallets.adjustments,
    currency: 'GOLD',
    amount: Number.MAX_SAFE_INTEGER - gold,
    reason: 'ADJUSTMENT',
    sourceId: randomUUID(),
    note: null,
  } as const;
  must(await transaction(stage.database, (tx) => stage.ledger.post(tx, [movement])));
}
