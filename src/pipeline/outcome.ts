import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { toId } from '../domain/ids.ts';
import { amountsOf, inWords } from '../domain/money.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import type { NewNotification, Notifier } from '../services/notifier.ts';
import type { ClaimedCompletion, Payout } from '../services/payout.ts';
import type { OwnEvent, Recorder } from '../services/recorder.ts';
import { completionIsRecorded } from '../services/rules/built-in-events.ts';
import type { Outcome } from './apply.ts';
import type { Batch } from './batch.ts';
import type { NewCompletion, QuestTracker } from './quest-tracker.ts';

export interface OutcomeWriter {
  readonly notifier: Notifier;
  readonly payout: Payout;
  readonly outbox: Outbox;
  readonly recorder: Recorder;
}

/** Writes what the batch brought about. The number of statements does not depend on the number of events. */
export async function writeOutcome(
  tx: Transaction,
  writer: OutcomeWriter,
  { accountId, events }: Batch,
  { trackers, completions, results }: Outcome,
): Promise<void> {
  const moved = trackers.filter(({ moves, endsRun }) => moves.length > 0 || endsRun);
  if (moved.length > 0) await writeProgress(tx, writer, accountId, moved);
  if (completions.length > 0) await writeCompletions(tx, writer, accountId, completions);
  const kept = trackers.flatMap(({ quest, moves }) =>
    moves.map((move) => ({ ...move, questId: quest.questId })),
  );
  const applied = await tx.query(markApplied, [
    events.map(({ recordedEventId }) => recordedEventId),
    kept.map(({ questId }) => questId),
    kept.map(({ recordedEventId }) => recordedEventId),
    accountId,
    trackers.flatMap(({ quest, endsRun }) => (endsRun ? quest.questId : [])),
    JSON.stringify(results),
  ]);
  // The person's lock makes this impossible; checked anyway, because what is paid twice cannot be taken back.
  if (applied.length !== events.length) throw new Error('An event was applied by two workers.');
}

async function writeProgress(
  tx: Transaction,
  { outbox }: OutcomeWriter,
  accountId: string,
  trackers: readonly QuestTracker[],
): Promise<void> {
  const all = trackers.map(({ progress }) => progress);
  const written = await tx.query(upsertProgress, [
    accountId,
    trackers.map(({ quest }) => quest.questId),
    all.map(({ count }) => count),
    all.map(({ period }) => period),
    all.map(({ completed }) => completed),
    all.map(({ completions }) => completions),
    all.map(({ unreached }) => unreached),
    all.map(({ lastAt }) => lastAt),
    all.map(({ lastEventId }) => lastEventId),
    all.map(({ lastZone }) => lastZone),
  ]);
  for (const { progressId } of written) outbox.publish(tx, 'quest_progressed', accountId, { progressId });
}

async function writeCompletions(
  tx: Transaction,
  { notifier, payout, outbox, recorder }: OutcomeWriter,
  accountId: string,
  completions: readonly NewCompletion[],
): Promise<void> {
  await tx.query(insertCompletions, [accountId, JSON.stringify(completions.map(rowOf))]);
  for (const { completionId } of completions)
    outbox.publish(tx, 'quest_completed', accountId, { completionId });
  notifier.notify(tx, ...completions.map((completion) => notificationOf(accountId, completion)));
  recorder.recordOwn(tx, ...completions.flatMap((completion) => eventsOf(accountId, completion)));
  const claimed = completions.filter(({ quest }) => quest.autoClaim).map((each) => claimOf(accountId, each));
  if (claimed.length === 0) return;
  const paid = await payout.pay(tx, claimed);
  // The wallet cannot hold it, so the completions stay unclaimed: the person can claim them later, and no event waits.
  if (paid instanceof Refusal)
    await tx.query(leaveUnclaimed, [claimed.map(({ completionId }) => completionId)]);
}

function rowOf({ completionId, quest, ordinal, runLength, eventIds }: NewCompletion) {
  const { questId, gold, diamond, autoClaim } = quest;
  return { completionId, questId, ordinal, runLength, eventIds, gold, diamond, autoClaim };
}

function notificationOf(accountId: string, { completionId, quest }: NewCompletion): NewNotification {
  const amounts = amountsOf(quest);
  const waiting = quest.autoClaim || amounts.length === 0 ? '' : ` Claim your reward: ${inWords(amounts)}.`;
  return {
    accountId,
    kind: 'QUEST_COMPLETED',
    title: 'Quest completed',
    body: `You completed “${quest.name}”.${waiting}`,
    subject: { type: 'completion', uuid: completionId },
  };
}

function eventsOf(accountId: string, { quest: { questId, eventType } }: NewCompletion): OwnEvent[] {
  if (!completionIsRecorded(eventType)) return [];
  return [{ accountId, eventType: 'quest.completed', data: { questId: toId('quest', questId) } }];
}

function claimOf(accountId: string, { completionId, quest }: NewCompletion): ClaimedCompletion {
  const { questId, name: questName, eventType: questEventType, gold, diamond } = quest;
  return { completionId, accountId, questId, questName, questEventType, gold, diamond };
}

const upsertProgress = statement<{ progressId: string }>(
  'pipeline.upsert_progress',
  `insert into quest_progress (account_id, quest_id, count, period, period_completed, completions, unreached,
    latest_at, latest_event_id, latest_time_zone)
  select $1, * from unnest($2::uuid[], $3::int[], $4::text[], $5::bool[], $6::int[], $7::int[], $8::timestamptz[],
    $9::uuid[], $10::text[])
  on conflict (quest_id, account_id) do update set
    count = excluded.count, period = excluded.period, period_completed = excluded.period_completed,
    completions = excluded.completions, unreached = excluded.unreached, latest_at = excluded.latest_at,
    latest_event_id = excluded.latest_event_id, latest_time_zone = excluded.latest_time_zone, updated_at = now()
  returning id as "progressId"`,
);

const insertCompletions = statement(
  'pipeline.insert_completions',
  `insert into quest_completion (id, quest_id, account_id, ordinal, run_length, gold, diamond, event_ids, claimed_at)
  select "completionId", "questId", $1, ordinal, "runLength", gold, diamond, "eventIds",
    case when "autoClaim" then now() end
  from jsonb_to_recordset($2::jsonb) as made ("completionId" uuid, "questId" uuid, ordinal int, "runLength" int,
    gold bigint, diamond bigint, "eventIds" uuid[], "autoClaim" bool)`,
);

const leaveUnclaimed = statement(
  'pipeline.leave_unclaimed',
  'update quest_completion set claimed_at = null where id = any($1)',
);

// The events of a finished run without a cadence are deleted. All others stay, because a late event replays them.
const markApplied = statement<{ recordedEventId: string }>(
  'pipeline.mark_applied',
  `with applied as (
    update recorded_event set applied_at = now(), moved_quest_ids = nullif("questIds", '{}'),
      completion_ids = nullif("completionIds", '{}')
    from jsonb_to_recordset($6::jsonb)
      as result ("recordedEventId" uuid, "questIds" uuid[], "completionIds" uuid[])
    where id = any($1) and id = "recordedEventId" and applied_at is null
    returning recorded_event.*
  ), over as (
    delete from quest_progress_event where account_id = $4 and quest_id = any($5)
  ), kept as (
    insert into quest_progress_event (quest_id, account_id, occurred_at, event_id, recorded_event_id, time_zone,
      local_date)
    select quest_id, account_id, occurred_at, event_id, id, time_zone, local_date
    from unnest($2::uuid[], $3::uuid[]) as move (quest_id, moved_by) join applied on id = moved_by
  )
  select id as "recordedEventId" from applied`,
);
