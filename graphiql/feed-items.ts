/** One line of what happened to whoever is signed in; what came of the same cause is folded into it. */
export interface FeedItem {
  /** Of what caused it: a completion, a purchase, an entry; or of the event itself. */
  key: string;
  kind: FeedKind;
  at: string;
  title: string;
  detail: string;
  /** Of a completion whose rewards wait to be claimed. */
  claimable: string | null;
  /** What else it led to, by the key of each event, in the order in which they came. */
  folded: { key: string; text: string }[];
}

type FeedKind = 'completion' | 'wallet' | 'notification' | 'problem';

/** What one live event tells. */
export interface FeedEvent {
  /** Of the event. */
  key: string;
  /** What caused it; null if it stands for itself. */
  cause: string | null;
  kind: FeedKind;
  at: string;
  title: string;
  detail: string;
  claimable: string | null;
}

/** Which event gives a line its title if several have one cause: the first of these. */
const headOrder: readonly FeedKind[] = ['completion', 'wallet', 'notification', 'problem'];

const longestFeed = 50;

/**
 * Adds an event. Each topic has a stream of its own, so what belongs to a completion may come before it.
 *
 * @returns the lines, the latest first
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
