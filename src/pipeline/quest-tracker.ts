import { newUuid } from '../domain/ids.ts';
import {
  emptyProgress,
  isExhausted,
  isInOrder,
  type Occurrence,
  type Progress,
  type ReplayedCompletion,
  step,
} from '../services/rules/quest-progress.ts';
import { Timeline } from '../services/rules/timeline.ts';
import type { OpenQuest, PendingEvent } from './batch.ts';
import { type History, noHistory } from './history.ts';

/** A completion that is about to be written. */
export interface NewCompletion extends ReplayedCompletion {
  readonly completionId: string;
  readonly quest: OpenQuest;
}

/** An event that moved the quest. */
export interface Move extends Occurrence {
  readonly recordedEventId: string;
}

/** Tracks one person's progress in one quest while a batch is applied. Long work yields now and then. */
export class QuestTracker {
  readonly quest: OpenQuest;
  /** Whether the history was needed but is not loaded; then nothing here is valid. */
  needsHistory = false;
  /** Whether the run that was in progress before the batch is over, so that its events can be deleted. */
  endsRun = false;
  readonly #completions: NewCompletion[] = [];
  #progress: Progress;
  #moves: Move[] = [];
  /** Undefined if not loaded. */
  #history: History | undefined;
  /** The history and the moves; made when it is first needed. */
  #timeline: Timeline | undefined;
  /** The completions of the history and of the batch. */
  #earlier: { readonly runLength: number }[] | undefined;

  constructor(quest: OpenQuest, progress: Progress | undefined, history: History | undefined) {
    this.quest = quest;
    this.#progress = progress ?? emptyProgress;
    // Without progress there is no history.
    this.#history = progress === undefined ? noHistory : history;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Whether the person has completed the quest as often as they may, so that no event moves it. */
  get isExhausted(): boolean {
    return isExhausted(this.quest, this.#progress);
  }

  /** Whether the batch has completed the quest. */
  get isCompleted(): boolean {
    return this.#completions.length > 0;
  }

  /** The events to keep for a replay. A quest without a cadence is not replayed; it keeps those of the current run. */
  get moves(): readonly Move[] {
    return this.#moves;
  }

  /**
   * Applies an event that moves the quest, which must not be exhausted.
   * @returns the completions that the event brings about
   */
  *apply({
    recordedEventId,
    eventId,
    occurredAt,
    timeZone,
    localDate,
  }: PendingEvent): Generator<void, readonly NewCompletion[]> {
    const before = this.#completions.length;
    const move = { recordedEventId, eventId, at: occurredAt, zone: timeZone, localDate };
    this.#moves.push(move);
    this.#timeline?.add(move);
    if (isInOrder(this.quest, this.#progress, move)) yield* this.#step(move);
    else yield* this.#replay();
    return this.#completions.slice(before);
  }

  *#step(move: Move): Generator<void, void> {
    const { progress, completed, runLength } = step(this.quest, this.#progress, move);
    this.#progress = progress;
    if (!completed) return;
    const eventIds =
      runLength === 1 ? [move.eventId] : (yield* this.#wholeTimeline()).eventsOfRun(move, runLength);
    this.#complete({ ordinal: progress.completions, runLength, eventIds });
    if (this.quest.cadence === 'NONE') this.#beginRun();
  }

  *#replay(): Generator<void, void> {
    const timeline = yield* this.#wholeTimeline();
    this.#earlier ??= [...(this.#history?.earlier ?? []), ...this.#completions];
    const { progress, completions } = yield* timeline.replay(this.#earlier);
    this.#progress = progress;
    for (const completion of completions) this.#complete(completion);
  }

  #complete(completion: ReplayedCompletion): void {
    this.#completions.push({ completionId: newUuid(), quest: this.quest, ...completion });
    this.#earlier?.push(completion);
  }

  /** Begins a new run without a cadence, where each event belongs to only one run. */
  #beginRun(): void {
    this.endsRun = true;
    this.#history = noHistory;
    this.#timeline = undefined;
    this.#moves = [];
  }

  *#wholeTimeline(): Generator<void, Timeline> {
    if (this.#history === undefined) this.needsHistory = true;
    if (this.#timeline === undefined) {
      this.#timeline = new Timeline(this.quest);
      yield* this.#timeline.addAll(this.#history?.occurrences ?? []);
      yield* this.#timeline.addAll(this.#moves);
    }
    return this.#timeline;
  }
}
