import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { transaction } from '../database/transaction.ts';
import { check, money, name } from '../domain/fields.ts';
import type { Currency } from '../domain/money.ts';
import { Refusal, refuse, versionConflict } from '../domain/refusal.ts';
import { Reward } from '../entities/reward.entity.ts';
import { rewardSumsFit } from './catalog.ts';
import { lockCatalog } from './catalog-lock.ts';

const rewardRules = z.object({ name, item: money });
const rewardChanges = z.object({ name: name.optional(), item: money.optional() });

export interface RewardInput {
  readonly name: string;
  readonly item: { readonly currency: Currency; readonly amount: number };
}

/** Omitted fields stay as they are. */
export interface RewardChanges {
  readonly expectedVersion: number;
  readonly name?: string | null;
  readonly item?: RewardInput['item'] | null;
}

/** What admins do to the rewards that quests pay. */
export class RewardService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(input: RewardInput): Promise<{ rewardId: string } | Refusal> {
    const fields = check(rewardRules, input);
    if (fields instanceof Refusal) return fields;
    return transaction(this.#database, async ({ em }) => {
      const reward = em.create(Reward, { name: fields.name, ...fields.item });
      await em.flush();
      return { rewardId: reward.id };
    });
  }

  /** Changes a reward. Existing completions keep the amounts that were frozen in them. */
  async update(rewardId: string | null, input: RewardChanges): Promise<{ rewardId: string } | Refusal> {
    const changes = check(rewardChanges, input);
    if (changes instanceof Refusal) return changes;
    return transaction(this.#database, async (tx) => {
      await lockCatalog(tx);
      const reward = rewardId === null ? null : await tx.em.findOne(Reward, rewardId);
      if (!reward) return refuse('NOT_FOUND', 'There is no such reward.', ['id']);
      if (reward.version !== input.expectedVersion) return versionConflict('reward');
      if (changes.name !== undefined) reward.name = changes.name;
      if (changes.item !== undefined) Object.assign(reward, changes.item);
      reward.updatedAt = new Date();
      await tx.em.flush();
      if (await rewardSumsFit(tx)) return { rewardId: reward.id };
      return refuse('INVALID', 'A quest would pay more than a wallet can hold.', ['item', 'amount']);
    });
  }
}
