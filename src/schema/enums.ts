import { registerEnumType } from 'type-graphql';
import { currencies } from '../domain/money.ts';

/** Registers an enum whose values equal their names, which are also what rows contain. */
function register<const Values extends readonly string[]>(
  name: string,
  values: Values,
  options: {
    description?: string;
    valuesConfig?: { [Value in Values[number]]?: { description: string } };
  } = {},
): { readonly [Value in Values[number]]: Value } {
  const entries = values.map((value) => [value, value] as const);
  const enumeration = Object.fromEntries(entries) as { readonly [Value in Values[number]]: Value };
  registerEnumType(enumeration, { name, ...options });
  return enumeration;
}

export const ApiVersion = register('ApiVersion', ['V1', 'V2']);
export const Role = register('Role', ['USER', 'ADMIN', 'SERVICE'], {
  valuesConfig: { SERVICE: { description: 'A back-end service that records events for others.' } },
});
export const AccountStatus = register('AccountStatus', ['NEW', 'ACTIVE', 'SUSPENDED'], {
  description: 'The status of an account: NEW until the first sign-in.',
});
export const Currency = register('Currency', currencies);
export const LedgerReason = register('LedgerReason', ['QUEST_REWARD', 'PURCHASE', 'ADJUSTMENT', 'REVERSAL'], {
  valuesConfig: {
    ADJUSTMENT: { description: 'An admin adjusted the balance.' },
    REVERSAL: { description: 'The exact opposite of an earlier entry.' },
  },
});
export const QuestKind = register('QuestKind', ['COUNT', 'STREAK'], {
  valuesConfig: {
    COUNT: { description: 'Reach the goal by counting events.' },
    STREAK: { description: 'Reach the goal by events in consecutive periods.' },
  },
});
export const QuestCadence = register('QuestCadence', ['NONE', 'DAILY', 'WEEKLY', 'MONTHLY'], {
  valuesConfig: { NONE: { description: 'No periods: one run follows the other.' } },
});
export const QuestState = register('QuestState', ['ACTIVE', 'COMPLETED', 'EXHAUSTED'], {
  valuesConfig: {
    ACTIVE: { description: 'The next event moves it.' },
    COMPLETED: { description: 'Done for the current period; ACTIVE again in the next one.' },
    EXHAUSTED: { description: 'The person has reached maxCompletions.' },
  },
});
export const CompletionStatus = register('CompletionStatus', ['CLAIMABLE', 'CLAIMED']);
export const NotificationKind = register('NotificationKind', [
  'QUEST_COMPLETED',
  'REWARD_GRANTED',
  'PURCHASE_MADE',
  'SYSTEM',
]);
export const EventOutcome = register('EventOutcome', ['ACCEPTED', 'DUPLICATE', 'REJECTED']);
export const OrderDirection = register('OrderDirection', ['ASC', 'DESC']);
export const ProductOrderField = register('ProductOrderField', ['CREATED_AT', 'NAME', 'PRICE', 'RELEVANCE'], {
  valuesConfig: { RELEVANCE: { description: 'Best match of the search first.' } },
});
export const PostOrderField = register('PostOrderField', ['CREATED_AT', 'UPDATED_AT', 'TITLE', 'RELEVANCE']);
export const Visibility = register('Visibility', ['PUBLIC', 'PRIVATE']);
export const ChangeAction = register('ChangeAction', ['CREATED', 'UPDATED', 'DELETED']);
export const CollectionAction = register(
  'CollectionAction',
  ['UPDATED', 'DELETED', 'HIDDEN', 'POST_ADDED', 'POST_REMOVED'],
  {
    description:
      'What happened to a collection. When it becomes private, others receive HIDDEN and nothing more.',
  },
);
