import type { NonEmptyArray } from 'type-graphql';
import type { ResolverClass } from '../schema/build-schema.ts';
import type { Services } from '../services/services.ts';
import { AccountResolver } from './account.resolver.ts';
import { AccountListsResolver } from './account-lists.resolver.ts';
import { AuditEventResolver } from './audit-event.resolver.ts';
import { CollectionResolver } from './collection.resolver.ts';
import { CollectionEventResolver, ContentLiveResolver, PostEventResolver } from './content-live.resolver.ts';
import { HelloResolver } from './hello.resolver.ts';
import { IdentityResolver } from './identity.resolver.ts';
import {
  LiveResolver,
  NotificationEventResolver,
  QuestCompletedEventResolver,
  QuestProgressedEventResolver,
  WalletEventResolver,
} from './live.resolver.ts';
import { NodeResolver } from './node.resolver.ts';
import { NotificationResolver } from './notification.resolver.ts';
import { PeopleResolver } from './people.resolver.ts';
import { PostResolver } from './post.resolver.ts';
import { ProductResolver } from './product.resolver.ts';
import { PurchaseResolver } from './purchase.resolver.ts';
import { QuestResolver, QuestRewardResolver } from './quest.resolver.ts';
import { QuestCompletionResolver } from './quest-completion.resolver.ts';
import { QuestProgressResolver } from './quest-progress.resolver.ts';
import {
  DeadLetterResolver,
  RecordEventsPayloadResolver,
  RecordedEventResolver,
} from './recorded-event.resolver.ts';
import { RewardResolver } from './reward.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { UserResolver } from './user.resolver.ts';
import { UserContentResolver } from './user-content.resolver.ts';
import { LedgerEntryResolver, WalletResolver } from './wallet.resolver.ts';

/** How each resolver is made from the services. */
const makers = new Map<ResolverClass, (services: Services) => object>([
  [HelloResolver, () => new HelloResolver()],
  [NodeResolver, () => new NodeResolver()],
  [AccountResolver, ({ accounts, sessions, activity }) => new AccountResolver(accounts, sessions, activity)],
  [IdentityResolver, ({ providers, links }) => new IdentityResolver(providers, links)],
  [AccountListsResolver, () => new AccountListsResolver()],
  [SessionResolver, ({ sessions, passwordChanges }) => new SessionResolver(sessions, passwordChanges)],
  [AuditEventResolver, () => new AuditEventResolver()],
  [PeopleResolver, ({ people, deletions }) => new PeopleResolver(people, deletions)],
  [UserResolver, () => new UserResolver()],
  [WalletResolver, ({ ledger }) => new WalletResolver(ledger)],
  [LedgerEntryResolver, () => new LedgerEntryResolver()],
  [QuestResolver, ({ quests }) => new QuestResolver(quests)],
  [QuestRewardResolver, () => new QuestRewardResolver()],
  [QuestProgressResolver, () => new QuestProgressResolver()],
  [QuestCompletionResolver, ({ completions }) => new QuestCompletionResolver(completions)],
  [RewardResolver, ({ rewards }) => new RewardResolver(rewards)],
  [ProductResolver, ({ products, purchases }) => new ProductResolver(products, purchases)],
  [PostResolver, ({ posts }) => new PostResolver(posts)],
  [CollectionResolver, ({ collections }) => new CollectionResolver(collections)],
  [UserContentResolver, () => new UserContentResolver()],
  [PurchaseResolver, () => new PurchaseResolver()],
  [NotificationResolver, ({ notifications }) => new NotificationResolver(notifications)],
  [RecordedEventResolver, ({ events }) => new RecordedEventResolver(events)],
  [RecordEventsPayloadResolver, () => new RecordEventsPayloadResolver()],
  [DeadLetterResolver, ({ deadLetters }) => new DeadLetterResolver(deadLetters)],
  [LiveResolver, () => new LiveResolver()],
  [ContentLiveResolver, () => new ContentLiveResolver()],
  [PostEventResolver, () => new PostEventResolver()],
  [CollectionEventResolver, () => new CollectionEventResolver()],
  [QuestCompletedEventResolver, () => new QuestCompletedEventResolver()],
  [QuestProgressedEventResolver, () => new QuestProgressedEventResolver()],
  [NotificationEventResolver, () => new NotificationEventResolver()],
  [WalletEventResolver, () => new WalletEventResolver()],
]);

export const resolverClasses: NonEmptyArray<ResolverClass> = [HelloResolver, ...makers.keys()];

/** One instance of each resolver class, over these services. */
export function createResolvers(services: Services): (resolverClass: ResolverClass) => object {
  const instances = new Map([...makers].map(([resolverClass, make]) => [resolverClass, make(services)]));
  return (resolverClass) => {
    const instance = instances.get(resolverClass);
    if (instance === undefined) throw new Error(`${resolverClass.name} is no resolver of ours.`);
    return instance;
  };
}
