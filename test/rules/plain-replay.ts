import { periodOf } from '../../src/services/rules/period.ts';
import {
  advance,
  compareOccurrences,
  emptyProgress,
  isBack,
  isInOrder,
  type Occurrence,
  type Progress,
  type QuestRule,
  type Replay,
  type ReplayedCompletion,
  type Step,
  step,
} from '../../src/services/rules/quest-progress.ts';
import type { Earlier } from '../../src/services/rules/timeline.ts';

// RULES.md, "Late events", taken literally: for each late event, the whole history, event by event. What the server
// does with less work is compared with this.

/** Replays the whole history in the order of (timestamp, eventId). */
export function plainReplay(rule: QuestRule, occurrences: readonly Occurrence[], earlier: Earlier): Replay {
  const limit = rule.maxCompletions === null ? null : Math.max(rule.maxCompletions, earlier.length);
  const runs = new Map<string, Run>();
  const completions: ReplayedCompletion[] = [];
  let progress = emptyProgress;
  for (const occurrence of [...occurrences].sort(compareOccurrences)) {
    const goal = earlier[progress.completions]?.runLength ?? rule.goal;
    const moved = advanceRun({ ...rule, goal, maxCompletions: limit }, progress, occurrence, runs);
    progress = moved.progress;
    if (moved.completed && progress.completions > earlier.length) {
      const { eventIds, runLength } = moved;
      completions.push({ ordinal: progress.completions, eventIds: [...eventIds], runLength });
    }
  }
  const reached = progress.completions;
  const unreached = Math.max(earlier.length - reached, 0);
  return { progress: { ...progress, completions: reached + unreached, unreached }, completions };
}

interface Run {
  readonly count: number;
  readonly completed: boolean;
  /** Grows with the run; the next run starts a new array. */
  readonly eventIds: string[];
}

/**
 * `advance` that also keeps the events of each run. Each period of a COUNT has a run of its own, to which a flight to
 * the west can return; otherwise one run follows another, under a single key.
 */
function advanceRun(
  rule: QuestRule,
  progress: Progress,
  occurrence: Occurrence,
  runs: Map<string, Run>,
): Step & { eventIds: readonly string[] } {
  const period = rule.kind === 'COUNT' ? periodOf(rule.cadence, occurrence.localDate) : null;
  const key = period ?? '';
  const { eventIds: before, ...tally } = runs.get(key) ?? { count: 0, completed: false, eventIds: [] };
  const back = isBack(progress, period);
  const moved = advance(rule, back ? { ...progress, ...tally, period } : progress, occurrence);
  const eventIds = moved.advanced && moved.runLength === 1 ? [] : before;
  if (moved.advanced) eventIds.push(occurrence.eventId);
  runs.set(key, { count: moved.progress.count, completed: moved.progress.completed, eventIds });
  if (!back) return { ...moved, eventIds };
  const { count, completed } = progress;
  return { ...moved, progress: { ...moved.progress, period: progress.period, count, completed }, eventIds };
}

/** Tracks one person in one quest: takes a step if that is exact, otherwise replays everything. */
export class PlainTracker {
  progress: Progress | undefined;
  occurrences: Occurrence[] = [];
  readonly completions: ReplayedCompletion[] = [];

  /** @returns the completions that this event causes */
  apply(rule: QuestRule, event: Occurrence): ReplayedCompletion[] {
    const progress = this.progress ?? emptyProgress;
    if (rule.maxCompletions !== null && progress.completions >= rule.maxCompletions) return [];
    const before = this.completions.length;
    this.occurrences.push(event);
    if (isInOrder(rule, progress, event)) this.#step(rule, progress, event);
    else {
      const again = plainReplay(rule, this.occurrences, this.completions);
      this.progress = again.progress;
      this.completions.push(...again.completions);
    }
    return this.completions.slice(before);
  }

  #step(rule: QuestRule, before: Progress, event: Occurrence): void {
    const { progress, completed, runLength } = step(rule, before, event);
    this.progress = progress;
    if (!completed) return;
    const history = [...this.occurrences].sort(compareOccurrences);
    const eventIds = runLength === 1 ? [event.eventId] : runOf(rule, history, event, runLength);
    this.completions.push({ ordinal: progress.completions, runLength, eventIds });
    if (rule.cadence === 'NONE') this.occurrences = [];
  }
}

/** The last `runLength` events that count. */
function runOf(
  { kind, cadence }: QuestRule,
  history: readonly Occurrence[],
  last: Occurrence,
  runLength: number,
): string[] {
  const labelOf = ({ localDate }: Occurrence) => periodOf(cadence, localDate) ?? '';
  // The first event of each period later than all before; after a flight to the west, a date may come again.
  let latest = '';
  const counting = history.filter((each) => {
    if (kind === 'COUNT') return labelOf(each) === labelOf(last);
    const advances = labelOf(each) > latest;
    if (advances) latest = labelOf(each);
    return advances;
  });
  return counting.slice(-runLength).map(({ eventId }) => eventId);
}
