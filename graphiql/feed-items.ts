/** One line about what happened to the signed-in account; events with the same cause are folded into it. */
export interface FeedItem {
  /** The key of the cause (a completion, a purchase, an entry), or of the event itself. */
  key: string;
  kind: FeedKind;
  at: string;
  title: string;
  detail: string;
  /** The id of a completion whose rewards wait to be claimed. */
  claimable: string | null;
  /** What else came of the cause, by the key of each event, in order of arrival. */
  folded: { key: string; text: string }[];
}

type FeedKind = 'completion' | 'wallet' | 'notification' | 'problem';

/** What one live event says. */
export interface FeedEvent {
  /** The key of the event. */
  key: string;
  /** The key of the cause; null if there is none. */
  cause: string | null;
  kind: FeedKind;
  at: string;
  title: string;
  detail: string;
  claimable: string | null;
}

/** Which event gives a line its title if several have the same cause: the first kind in this list. */
const headOrder: readonly FeedKind[] = ['completion', 'wallet', 'notification', 'problem'];

const longestFeed = 50;

/**
 * Adds an event. Each topic has its own stream, so what belongs to a completion may arrive before it.
 *
 * @returns the lines, latest first
 */
export function withEvent(items: readonly FeedItem[], event: FeedEvent): FeedItem[] {
  const key = event.cause ?? event.key;
  const present = items.find((item) => item.key === key);
  const others = items.filter((item) => item !== present);
  const item = present ? joined(present, event) : { ...event, key, folded: [lineOf(event)] };
  return [item, ...others].sort((a, b) => b.at.localeCompare(a.at)).slice(0, longestFeed);
}

function joined(item: FeedItem, event: FeedEvent): FeedItem {
  const folded = [...item.folded.filter(({ key }) => key !== event.key), lineOf(event)];
  const { title, detail, kind, claimable } =
    headOrder.indexOf(event.kind) < headOrder.indexOf(item.kind) ? event : item;
  return { key: item.key, at: item.at, title, detail, kind, claimable, folded };
}

function lineOf({ key, title, detail }: FeedEvent): FeedItem['folded'][number] {
  return { key, text: detail ? `${title} · ${detail}` : title };
}
