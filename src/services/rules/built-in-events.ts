/** Types of events that only the server records (CONTRACT.md, "Events that the server records by itself"). */
export const builtInEventTypes = [
  'user.signed_up',
  'user.signed_in',
  'user.active',
  'post.created',
  'collection.created',
  'collection.post_added',
  'product.purchased',
  'quest.completed',
  'reward.claimed',
] as const;

export type BuiltInEventType = (typeof builtInEventTypes)[number];

const builtIn: ReadonlySet<string> = new Set(builtInEventTypes);

export function isBuiltIn(eventType: string): boolean {
  return builtIn.has(eventType);
}

/**
 * Whether the completion of a quest for this type of event records `quest.completed` and, once claimed,
 * `reward.claimed`. A quest for one of these two records neither, so that quests cannot feed themselves.
 */
export function completionIsRecorded(questEventType: string): boolean {
  return questEventType !== 'quest.completed' && questEventType !== 'reward.claimed';
}
