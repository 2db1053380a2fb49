import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver, Root } from 'type-graphql';
import { idOf } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { type QuestRewardRow, type QuestRow, questEdge } from '../loaders/quest.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Mutation, Query } from '../schema/decorators.ts';
import { eventTypeOf } from '../schema/list-arguments.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  CreateQuestInput,
  Quest,
  QuestConnection,
  QuestPayload,
  QuestReward,
  type QuestRewardInput,
  UpdateQuestInput,
} from '../schema/quest.ts';
import { QuestProgress } from '../schema/quest-progress.ts';
import { Reward } from '../schema/reward.ts';
import type { QuestKey, QuestService } from '../services/quest.service.ts';
import type { Context } from './context.ts';

@ArgsType()
class QuestArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  eventType?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false })
  includeArchived?: boolean | null;
}

@Resolver(() => Quest)
export class QuestResolver {
  readonly #quests: QuestService;

  constructor(quests: QuestService) {
    this.#quests = quests;
  }

  @Allow('PUBLIC')
  @Query(() => Quest, { nullable: true })
  async quest(@Arg('id', () => ID) id: string, @Ctx() { loaders }: Context): Promise<QuestRow | null> {
    const uuid = idOf('quest', id);
    return uuid === null ? null : loaders.quest.load(uuid);
  }

  @Allow('PUBLIC')
  @Query(() => QuestConnection, {
    name: 'quests',
    description: 'All quests. Only admins can include archived ones.',
  })
  list(@Args() args: QuestArgs, @Ctx() { loaders, viewer }: Context) {
    const withArchived = args.includeArchived === true && viewer?.role === 'ADMIN';
    const filters = { eventType: eventTypeOf(args.eventType), openOnly: !withArchived };
    return loaders.quests.connection({ page: pageOf(args), order: 'newest', filters });
  }

  @Allow('ADMIN')
  @Mutation(() => QuestPayload, { nullable: true, description: 'Creates a quest. Admins only.' })
  async createQuest(@Arg('input') input: CreateQuestInput, @Ctx() context: Context) {
    const prerequisiteIds = input.prerequisiteIds.map(questUuidOf);
    const rewards = input.rewards.map(withRewardUuid);
    return questPayload(await this.#quests.create({ ...input, prerequisiteIds, rewards }), context);
  }

  @Allow('ADMIN')
  @Mutation(() => QuestPayload, { nullable: true, description: 'Changes a quest. Admins only.' })
  async updateQuest(
    @Arg('input') { id, expectedVersion, ...input }: UpdateQuestInput,
    @Ctx() context: Context,
  ) {
    const prerequisiteIds = mapGiven(input.prerequisiteIds, questUuidOf);
    const rewards = mapGiven(input.rewards, withRewardUuid);
    const changes = { ...input, prerequisiteIds, rewards };
    return questPayload(await this.#quests.update(idOf('quest', id), expectedVersion, changes), context);
  }

  @FieldResolver(() => [Quest])
  async prerequisites(@Root() { uuid }: QuestRow, @Ctx() { loaders }: Context) {
    const rows = await loaders.prerequisitesOfQuest.load(uuid);
    return loaders.quest.loadMany(rows.map(({ prerequisiteId }) => prerequisiteId));
  }

  @FieldResolver(() => [QuestReward])
  rewards(@Root() { uuid }: QuestRow, @Ctx() { loaders }: Context) {
    return loaders.rewardsOfQuest.load(uuid);
  }

  @FieldResolver(() => QuestProgress, {
    nullable: true,
    description: "The viewer's progress in it; null if nobody is signed in or nothing has been done yet.",
  })
  viewerProgress(@Root() { uuid }: QuestRow, @Ctx() { loaders, viewer }: Context) {
    return viewer && loaders.viewerProgress.load(uuid);
  }
}

@Resolver(() => QuestReward)
export class QuestRewardResolver {
  @FieldResolver(() => Reward)
  reward(@Root() { rewardId }: QuestRewardRow, @Ctx() { loaders }: Context) {
    return loaders.reward.load(rewardId);
  }
}

function questUuidOf(id: string): string | null {
  return idOf('quest', id);
}

function withRewardUuid({ rewardId, quantity }: QuestRewardInput) {
  return { rewardId: idOf('reward', rewardId), quantity };
}

/** Keeps what was left out, and also null, which is refused later. */
function mapGiven<Item, Made>(items: readonly Item[] | null | undefined, make: (item: Item) => Made) {
  return items === null || items === undefined ? items : items.map(make);
}

function questPayload(result: QuestKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ questId }) => {
    const quest = await loaders.quest.load(questId);
    return { quest, questEdge: questEdge(quest) };
  });
}
