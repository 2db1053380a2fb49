import { Field, ID, InterfaceType } from 'type-graphql';
import type { Prefix } from '../domain/ids.ts';

@InterfaceType()
export abstract class Node {
  @Field(() => ID)
  id!: string;
}

const names: Readonly<Record<Prefix, string>> = {
  user: 'User',
  account: 'Account',
  wallet: 'Wallet',
  entry: 'LedgerEntry',
  reward: 'Reward',
  quest: 'Quest',
  progress: 'QuestProgress',
  completion: 'QuestCompletion',
  product: 'Product',
  purchase: 'Purchase',
  post: 'Post',
  collection: 'Collection',
  notification: 'Notification',
  event: 'RecordedEvent',
  deadletter: 'DeadLetter',
  audit: 'AuditEvent',
};
const typeNames: ReadonlyMap<string, string> = new Map(Object.entries(names));

/** The GraphQL type of a row, by the prefix of its public id. */
export function typeNameOf(id: string): string | undefined {
  return typeNames.get(id.slice(0, id.indexOf('_')));
}
