import { type FeedEvent, type FeedItem, withEvent } from './feed-items.ts';
import { listen } from './live.ts';
import type { Session } from './session.ts';
import { createState } from './state.ts';

interface Money {
  currency: string;
  amount: number;
}
interface LiveEvent {
  cursor: string;
  occurredAt: string;
}
interface Completed extends LiveEvent {
  completion: { id: string; status: string; ordinal: number; quest: { name: string }; rewards: Money[] };
}
/** What the event is about; null if it is about nothing, or about something that is gone. */
type Cause = { id: string } | null;
interface WalletChanged extends LiveEvent {
  entry: Money & { balanceAfter: number; reason: string; source: Cause };
}
interface Notified extends LiveEvent {
  notification: { title: string; body: string; subject: Cause };
}
type Line = Pick<FeedEvent, 'cause' | 'kind' | 'title' | 'detail' | 'claimable'>;

/** Latest first. */
export const feed = createState<FeedItem[]>([]);

/** The last cursor of each topic in the feed, so that it can be closed and opened without a gap. */
let seen: { userId: string; cursors: Record<string, string> } = { userId: '', cursors: {} };

/** Follows the account's live events, starting at its sign-in. @returns a function that stops it */
export function followAccount({ account, liveFrom }: Session): () => void {
  if (seen.userId !== account.userId) {
    seen = { userId: account.userId, cursors: {} };
    feed.set([]);
  }
  const stops = [
    followTopic<Completed>('questCompleted', completionFields, liveFrom, describeCompletion),
    followTopic<WalletChanged>('walletChanged', entryFields, liveFrom, describeEntry),
    followTopic<Notified>('notificationReceived', notificationFields, liveFrom, describeNotification),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

const completionFields = 'completion { id status ordinal quest { name } rewards { currency amount } }';
const entryFields = `entry {
  currency amount balanceAfter reason
  source { ... on QuestCompletion { id } ... on Purchase { id } ... on LedgerEntry { id } }
}`;
const notificationFields = 'notification { title body subject { id } }';

function followTopic<Event extends LiveEvent>(
  topic: string,
  fields: string,
  liveFrom: string | null,
  describe: (event: Event) => Line,
): () => void {
  const { cursors } = seen;
  const query = `subscription ($after: LiveCursor) { ${topic}(after: $after) { cursor occurredAt ${fields} } }`;
  return listen<Record<string, Event>>(
    { query, variables: { after: cursors[topic] ?? liveFrom } },
    {
      next(result) {
        const event = result.data?.[topic];
        if (!event) return addProblem(topic, result.errors);
        cursors[topic] = event.cursor;
        add({ key: `${topic} ${event.cursor}`, at: event.occurredAt, ...describe(event) });
      },
      error: (problem) => addProblem(topic, problem),
      complete: () => undefined,
    },
  );
}

function describeCompletion({ completion }: Completed): Line {
  const claimable = completion.status === 'CLAIMABLE' ? completion.id : null;
  const time = completion.ordinal > 1 ? [`${ordinalOf(completion.ordinal)} time`] : [];
  const detail = [...time, ...completion.rewards.map(amountOf)].join(' · ');
  return {
    cause: completion.id,
    kind: 'completion',
    title: `${completion.quest.name} completed`,
    detail,
    claimable,
  };
}

function describeEntry({ entry }: WalletChanged): Line {
  const reason = entry.reason.toLowerCase().replaceAll('_', ' ');
  const detail = `${reason} · now ${entry.balanceAfter.toLocaleString()}`;
  const cause = entry.source?.id ?? null;
  return { cause, kind: 'wallet', title: amountOf(entry), detail, claimable: null };
}

function describeNotification({ notification }: Notified): Line {
  const { title, body: detail, subject } = notification;
  return { cause: subject?.id ?? null, kind: 'notification', title, detail, claimable: null };
}

function amountOf({ amount, currency }: Money): string {
  return `${amount > 0 ? '+' : ''}${amount.toLocaleString()} ${currency.toLowerCase()}`;
}

function ordinalOf(count: number): string {
  const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${count}${suffixes[new Intl.PluralRules('en', { type: 'ordinal' }).select(count)] ?? 'th'}`;
}

function addProblem(topic: string, problem: unknown): void {
  const first: unknown = Array.isArray(problem) ? problem[0] : problem;
  const detail =
    typeof first === 'object' && first !== null && 'message' in first ? String(first.message) : 'unknown';
  const at = new Date().toISOString();
  add({
    key: `${topic} ${at}`,
    cause: null,
    kind: 'problem',
    at,
    title: `${topic} ended`,
    detail,
    claimable: null,
  });
}

function add(event: FeedEvent): void {
  feed.set(withEvent(feed.get(), event));
}
