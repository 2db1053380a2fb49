import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Occurrence } from '../services/rules/quest-progress.ts';
import type { Batch } from './batch.ts';

/** What a person did for a quest before the batch. */
export interface History {
  /** The events that can still matter, in no order. */
  readonly occurrences: readonly Occurrence[];
  /** The goals that the completions met, by ordinal. */
  readonly earlier: readonly { readonly runLength: number }[];
}

interface HistoryRow extends Occurrence {
  readonly questId: string;
}

/** Reads the person's history in these quests: what a late event is replayed with, and what led to a completion. */
export async function loadHistories(
  tx: Transaction,
  { accountId, quests, progress }: Batch,
  questIds: readonly string[],
): Promise<Map<string, History>> {
  const most = questIds.map((id) => Math.max(quests.get(id)?.goal ?? 0, progress.get(id)?.count ?? 0));
  const occurrences = Map.groupBy(
    await tx.query(readHistory, [accountId, questIds, most]),
    ({ questId }) => questId,
  );
  const completions = Map.groupBy(
    await tx.query(readCompletions, [accountId, questIds]),
    ({ questId }) => questId,
  );
  const historyOf = (questId: string) => ({
    occurrences: occurrences.get(questId) ?? [],
    earlier: completions.get(questId) ?? [],
  });
  return new Map(questIds.map((questId) => [questId, historyOf(questId)]));
}

// Of one date in one zone no event matters but as many as a goal can ask for, and the last, from which the next gap is
// measured. So a replay is bounded by the days that a person came, not by how often.
const readHistory = statement<HistoryRow>(
  'pipeline.history',
  `select "questId", "eventId", at, zone, "localDate" from (
    select quest_id as "questId", event_id as "eventId", occurred_at as at, time_zone as zone,
      local_date as "localDate", greatest(most, longest) as most,
      row_number() over (partition by quest_id, local_date, time_zone order by occurred_at, event_id) as place,
      count(*) over (partition by quest_id, local_date, time_zone) as places
    from unnest($2::uuid[], $3::int[]) as wanted (id, most)
    join quest_progress_event on account_id = $1 and quest_id = any($2) and quest_id = wanted.id
    cross join lateral (
      select max(run_length) as longest from quest_completion
      where quest_completion.account_id = $1 and quest_completion.quest_id = wanted.id
    ) as met
  ) as event
  where place <= most or place = places`,
);

const readCompletions = statement<{ questId: string; runLength: number }>(
  'pipeline.completions',
  `select quest_id as "questId", run_length as "runLength" from quest_completion
  where account_id = $1 and quest_id = any($2) order by quest_id, ordinal`,
);
