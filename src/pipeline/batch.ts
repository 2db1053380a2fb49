import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Quest } from '../entities/quest.entity.ts';
import type { RecordedEvent } from '../entities/recorded-event.entity.ts';
import type { Progress, QuestRule } from '../services/rules/quest-progress.ts';

/** An event that waits to be applied. */
export interface PendingEvent
  extends Readonly<Pick<RecordedEvent, 'eventId' | 'occurredAt' | 'timeZone' | 'localDate' | 'attempts'>> {
  readonly recordedEventId: string;
  /** False while the event backs off. */
  readonly due: boolean;
  /** The quests that it matches, in the order of their ids, whether or not their prerequisites are met. */
  readonly questIds: readonly string[];
}

/** A quest as it is while the batch is applied. */
export interface OpenQuest extends QuestRule, Readonly<Pick<Quest, 'name' | 'eventType' | 'autoClaim'>> {
  readonly questId: string;
  /** Its prerequisites that the person had not completed before the batch. */
  readonly unmet: readonly string[];
  /** The sum of its rewards in gold, at their current versions. */
  readonly gold: number;
  /** The same in diamonds. */
  readonly diamond: number;
}

/** One person's next events, and everything that decides what they bring about. */
export interface Batch {
  readonly accountId: string;
  /** In the order in which they are applied; all are due. */
  readonly events: readonly PendingEvent[];
  /** The quests that any of the events matches, by id. */
  readonly quests: ReadonlyMap<string, OpenQuest>;
  /** The person's progress in these quests, by quest. */
  readonly progress: ReadonlyMap<string, Progress>;
}

/** Reads the person's next events that are due. An event that backs off holds up all later ones. */
export async function readPending(tx: Transaction, accountId: string, size: number): Promise<PendingEvent[]> {
  const pending = await tx.query(readEvents, [accountId, size]);
  const firstToWait = pending.findIndex(({ due }) => !due);
  return firstToWait === -1 ? pending : pending.slice(0, firstToWait);
}

/** Reads the quests and the progress for these events, in one statement. */
export async function loadBatch(
  tx: Transaction,
  accountId: string,
  events: readonly PendingEvent[],
): Promise<Batch> {
  const questIds = [...new Set(events.flatMap((event) => event.questIds))];
  const rows = questIds.length === 0 ? [] : await tx.query(readStandings, [accountId, questIds]);
  const quests = new Map<string, OpenQuest>();
  const progress = new Map<string, Progress>();
  for (const { standing, ...quest } of rows) {
    quests.set(quest.questId, quest);
    if (standing !== null) progress.set(quest.questId, { ...standing, lastAt: instantOf(standing.lastAt) });
  }
  return { accountId, events, quests, progress };
}

type StoredProgress = Omit<Progress, 'lastAt'> & { readonly lastAt: string | null };

function instantOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

// Compares with the clock, not with the start of the transaction: an event may have been recorded since then.
const readEvents = statement<PendingEvent>(
  'pipeline.events',
  `select event.id as "recordedEventId", event_id as "eventId", occurred_at as "occurredAt",
    time_zone as "timeZone", local_date as "localDate", attempts, next_attempt_at <= clock_timestamp() as due,
    array(
      select quest.id from quest
      where quest.event_type = event.event_type
        and not archived
        and (starts_at is null or starts_at <= occurred_at) and (ends_at is null or occurred_at < ends_at)
        and (event_match is null or coalesce(data, '{}') @> event_match)
        and quest.created_at <= recorded_at
        and (quest.self_reported or not event.self_reported)
      order by quest.id
    ) as "questIds"
  from (
    select * from recorded_event
    where account_id = $1 and applied_at is null and failed_at is null
    order by position limit $2
  ) as event
  order by position`,
);

const readStandings = statement<OpenQuest & { readonly standing: StoredProgress | null }>(
  'pipeline.standings',
  `select quest.id as "questId", name, event_type as "eventType", kind, cadence, goal, auto_claim as "autoClaim",
    max_completions as "maxCompletions", gold, diamond, standing,
    array(
      select prerequisite_id from quest_prerequisite as needed
      where needed.quest_id = quest.id and not exists (
        select from quest_progress as met
        where met.quest_id = prerequisite_id and met.account_id = $1 and met.completions > 0
      )
    ) as unmet
  from quest
  cross join lateral (
    select coalesce(sum(amount * quantity) filter (where currency = 'GOLD'), 0) as gold,
      coalesce(sum(amount * quantity) filter (where currency = 'DIAMOND'), 0) as diamond
    from quest_reward join reward on reward.id = reward_id
    where quest_id = quest.id
  ) as rewards
  left join lateral (
    select json_build_object('count', count, 'period', period, 'completed', period_completed,
      'completions', completions, 'unreached', unreached, 'lastAt', latest_at, 'lastEventId', latest_event_id,
      'lastZone', latest_time_zone) as standing
    from quest_progress where quest_id = quest.id and account_id = $1
  ) as progress on true
  where quest.id = any($2)`,
);
