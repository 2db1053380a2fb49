import { Arg, Ctx, Resolver, Root } from 'type-graphql';
import { idOf } from '../domain/ids.ts';
import { amountsOf } from '../domain/money.ts';
import { Refusal } from '../domain/refusal.ts';
import type { QuestCompletionRow } from '../loaders/quest-completion.loader.ts';
import { entryEdge } from '../loaders/wallet.loader.ts';
import { FieldResolver, Mutation } from '../schema/decorators.ts';
import { Money } from '../schema/money.ts';
import { payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { Quest } from '../schema/quest.ts';
import { ClaimRewardInput, ClaimRewardPayload, QuestCompletion } from '../schema/quest-completion.ts';
import { GraphQLUUID } from '../schema/scalars.ts';
import { User } from '../schema/user.ts';
import type { Claim, CompletionService } from '../services/completion.service.ts';
import type { Context, SignedInContext } from './context.ts';

@Resolver(() => QuestCompletion)
export class QuestCompletionResolver {
  readonly #completions: CompletionService;

  constructor(completions: CompletionService) {
    this.#completions = completions;
  }

  @Allow('SIGNED_IN')
  @Mutation(() => ClaimRewardPayload, { nullable: true })
  async claimReward(@Arg('input') { completionId }: ClaimRewardInput, @Ctx() context: SignedInContext) {
    const claim = await this.#completions.claimReward(context.viewer, idOf('completion', completionId));
    const result = claim instanceof Refusal ? claim : await claimed(claim, context);
    return payloadOf(result, { alreadyClaimed: false, entries: [], entryEdges: [] });
  }

  @FieldResolver(() => Quest)
  quest(@Root() { questId }: QuestCompletionRow, @Ctx() { loaders }: Context) {
    return loaders.quest.load(questId);
  }

  @FieldResolver(() => User)
  user(@Root() { accountId }: QuestCompletionRow, @Ctx() { loaders }: Context) {
    return loaders.user.load(accountId);
  }

  @FieldResolver(() => [Money])
  rewards(@Root() completion: QuestCompletionRow): Money[] {
    return amountsOf(completion);
  }

  @FieldResolver(() => [GraphQLUUID], { description: 'The events that led to it, oldest first.' })
  async eventIds(@Root() { uuid }: QuestCompletionRow, @Ctx() { loaders }: Context) {
    return (await loaders.eventIdsOfCompletion.load(uuid))?.eventIds ?? [];
  }
}

async function claimed({ completionId, accountId, alreadyClaimed, entryIds }: Claim, { loaders }: Context) {
  const [completion, entries, wallet] = await Promise.all([
    loaders.completion.load(completionId),
    loaders.ledgerEntry.loadMany(entryIds),
    loaders.wallet.load(accountId),
  ]);
  const rows = entries.map((entry) => (entry instanceof Error ? null : entry));
  const entryEdges = rows.map(entryEdge).filter((edge) => edge !== null);
  return { completion, alreadyClaimed, entries, entryEdges: entryEdges.reverse(), wallet };
}
