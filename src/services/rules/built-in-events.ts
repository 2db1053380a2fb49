/** What the server records by itself (CONTRACT.md, "Events that the server records by itself"). */
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
 * Whether a completion of a quest on this type records `quest.completed` and, once claimed, `reward.claimed`. One on
 * those two records neither, so that quests cannot feed themselves.
 */
export function completionIsRecorded(questEventType: string): boolean {
  return questEventType !== 'quest.completed' && questEventType !== 'reward.claimed';
}
