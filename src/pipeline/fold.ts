import type { Batch, PendingEvent } from './batch.ts';
import { Course, type NewCompletion } from './course.ts';
import type { History } from './history.ts';

/** What the events of a batch bring about. */
export interface Outcome {
  /** Of the quests that were open to any of the events. */
  readonly courses: readonly Course[];
  /** In the order in which they were reached. */
  readonly completions: readonly NewCompletion[];
  /** What came of each event, in their order. */
  readonly results: readonly EventOutcome[];
}

/** What came of one event. */
export interface EventOutcome {
  readonly recordedEventId: string;
  /** The quests that it moved. */
  readonly questIds: readonly string[];
  /** The completions that it brought about. */
  readonly completionIds: readonly string[];
}

/**
 * Applies the events of a batch in memory, one after the other (RULES.md, Quests). Yields now and then, where others
 * may have their turn.
 * @param histories of the quests that turned out to need theirs: where a course wants one that is not among them, the
 *   outcome is none, and the batch has to be folded again
 */
export function* fold(batch: Batch, histories: ReadonlyMap<string, History>): Generator<void, Outcome> {
  const courses = new Map<string, Course>();
  const completions: NewCompletion[] = [];
  const results: EventOutcome[] = [];
  for (const event of batch.events) {
    const questIds: string[] = [];
    const before = completions.length;
    for (const course of openCourses(batch, event, courses, histories)) {
      if (course.isExhausted) continue;
      questIds.push(course.quest.questId);
      for (const completion of yield* course.move(event)) completions.push(completion);
      yield;
    }
    const completionIds = completions.slice(before).map(({ completionId }) => completionId);
    results.push({ recordedEventId: event.recordedEventId, questIds, completionIds });
  }
  return { courses: [...courses.values()], completions, results };
}

/** Those that the event moves: decided before it moves any, so that none is opened by what it completes. */
function openCourses(
  { quests, progress }: Batch,
  { questIds }: PendingEvent,
  courses: Map<string, Course>,
  histories: ReadonlyMap<string, History>,
): Course[] {
  return questIds.flatMap((questId) => {
    const quest = quests.get(questId);
    // One that appeared since the event was read was created after it was recorded.
    if (quest === undefined) return [];
    if (!quest.unmet.every((id) => courses.get(id)?.isCompleted)) return [];
    const course = courses.get(questId) ?? new Course(quest, progress.get(questId), histories.get(questId));
    courses.set(questId, course);
    return course;
  });
}
