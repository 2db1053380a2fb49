import { cursor, readAll } from '../database/cursor.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Occurrence } from '../services/rules/quest-progress.ts';
import type { Earlier } from '../services/rules/timeline.ts';
import type { Batch } from './batch.ts';

/** A person's events and completions of a quest before the batch. */
export interface History {
  /** The events that can still matter, in the order of a replay. */
  readonly occurrences: readonly Occurrence[];
  /** The existing completions; empty without a cadence, because then nothing is replayed. */
  readonly earlier: Earlier;
}

export const noHistory: History = Object.freeze({ occurrences: [], earlier: [] });

/** Reads the person's history in a quest, for the replay of a late event and for the events of a completion. */
export async function loadHistory(
  tx: Transaction,
  { accountId, quests, progress }: Batch,
  questId: string,
): Promise<History> {
  const quest = quests.get(questId);
  const most = Math.max(quest?.goal ?? 0, progress.get(questId)?.count ?? 0);
  const occurrences = await readAll(tx, history, [accountId, questId, most]);
  const replayed = quest?.cadence !== 'NONE';
  return { occurrences, earlier: replayed ? await tx.query(readCompletions, [accountId, questId]) : [] };
}

// For each date in each zone, only as many events matter as a goal can ask for, and the last, from which the next gap
// is measured. So the cost of a replay depends on the number of active days, not on the number of events.
const history = cursor<Occurrence>(
  'pipeline.history',
  `select "eventId", at, zone, "localDate" from (
    select event_id as "eventId", occurred_at as at, time_zone as zone, local_date as "localDate",
      greatest($3::int, longest) as most,
      row_number() over (partition by local_date, time_zone order by occurred_at, event_id) as place,
      count(*) over (partition by local_date, time_zone) as places
    from quest_progress_event
    cross join lateral (
      select max(run_length) as longest from quest_completion where account_id = $1 and quest_id = $2
    ) as met
    where account_id = $1 and quest_id = $2
  ) as event
  where place <= most or place = places
  order by at, "eventId"`,
);

const readCompletions = statement<{ runLength: number }>(
  'pipeline.completions',
  `select run_length as "runLength" from quest_completion
  where account_id = $1 and quest_id = $2 order by ordinal`,
);
