import { Arg, Args, Ctx, ID, Resolver } from 'type-graphql';
import { idOf } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { type RewardRow, rewardEdge } from '../loaders/reward.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { Mutation, Query } from '../schema/decorators.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  CreateRewardInput,
  Reward,
  RewardConnection,
  RewardPayload,
  UpdateRewardInput,
} from '../schema/reward.ts';
import type { RewardService } from '../services/reward.service.ts';
import type { Context } from './context.ts';

@Resolver(() => Reward)
export class RewardResolver {
  readonly #rewards: RewardService;

  constructor(rewards: RewardService) {
    this.#rewards = rewards;
  }

  @Allow('PUBLIC')
  @Query(() => Reward, { nullable: true })
  async reward(@Arg('id', () => ID) id: string, @Ctx() { loaders }: Context): Promise<RewardRow | null> {
    const uuid = idOf('reward', id);
    return uuid === null ? null : loaders.reward.load(uuid);
  }

  @Allow('PUBLIC')
  @Query(() => RewardConnection, { name: 'rewards' })
  list(@Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.rewards.connection({ page: pageOf(args), order: 'newest' });
  }

  @Allow('ADMIN')
  @Mutation(() => RewardPayload, { nullable: true, description: 'Creates a reward. Admins only.' })
  async createReward(@Arg('input') input: CreateRewardInput, @Ctx() context: Context) {
    return rewardPayload(await this.#rewards.create(input), context);
  }

  @Allow('ADMIN')
  @Mutation(() => RewardPayload, {
    nullable: true,
    description:
      'Changes a reward. Admins only. Existing completions keep the reward that they were made with.',
  })
  async updateReward(@Arg('input') { id, ...input }: UpdateRewardInput, @Ctx() context: Context) {
    return rewardPayload(await this.#rewards.update(idOf('reward', id), input), context);
  }
}

function rewardPayload(result: { rewardId: string } | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ rewardId }) => {
    const reward = await loaders.reward.load(rewardId);
    return { reward, rewardEdge: rewardEdge(reward) };
  });
}
