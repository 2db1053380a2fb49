import type { Batch, PendingEvent } from './batch.ts';
import type { History } from './history.ts';
import { type NewCompletion, QuestTracker } from './quest-tracker.ts';

/** What applying a batch brings about. */
export interface Outcome {
  /** The trackers of the quests that were open to any of the events. */
  readonly trackers: readonly QuestTracker[];
  /** In the order in which they were reached. */
  readonly completions: readonly NewCompletion[];
  /** One for each event, in the order of the events. */
  readonly results: readonly EventOutcome[];
}

/** What one event brought about. */
export interface EventOutcome {
  readonly recordedEventId: string;
  /** The quests that it moved. */
  readonly questIds: readonly string[];
  /** The completions that it brought about. */
  readonly completionIds: readonly string[];
}

/**
 * Applies the events of a batch in memory, one after the other (RULES.md, Quests). Yields now and then, so that other
 * work can run.
 * @param histories the histories that turned out to be needed, by quest. If a tracker needs one that is missing, the
 *   outcome is invalid, and the batch has to be applied again with it
 */
export function* applyBatch(batch: Batch, histories: ReadonlyMap<string, History>): Generator<void, Outcome> {
  const trackers = new Map<string, QuestTracker>();
  const completions: NewCompletion[] = [];
  const results: EventOutcome[] = [];
  for (const event of batch.events) {
    const questIds: string[] = [];
    const before = completions.length;
    for (const tracker of trackersOf(batch, event, trackers, histories)) {
      if (tracker.isExhausted) continue;
      questIds.push(tracker.quest.questId);
      for (const completion of yield* tracker.apply(event)) completions.push(completion);
      yield;
    }
    const completionIds = completions.slice(before).map(({ completionId }) => completionId);
    results.push({ recordedEventId: event.recordedEventId, questIds, completionIds });
  }
  return { trackers: [...trackers.values()], completions, results };
}

/** The trackers of the quests that the event moves. Chosen before it moves any, so that a completion opens no other. */
function trackersOf(
  { quests, progress }: Batch,
  { questIds }: PendingEvent,
  trackers: Map<string, QuestTracker>,
  histories: ReadonlyMap<string, History>,
): QuestTracker[] {
  return questIds.flatMap((questId) => {
    const quest = quests.get(questId);
    // Not expected: `loadBatch` reads every quest that the events match.
    if (quest === undefined) return [];
    if (!quest.unmet.every((id) => trackers.get(id)?.isCompleted)) return [];
    const tracker =
      trackers.get(questId) ?? new QuestTracker(quest, progress.get(questId), histories.get(questId));
    trackers.set(questId, tracker);
    return tracker;
  });
}
