import { newUuid } from '../schema/ids.ts';
import {
  emptyProgress,
  isInOrder,
  type Occurrence,
  type Progress,
  type ReplayedCompletion,
  replay,
  step,
} from '../services/rules/quest-progress.ts';
import { eventsOfRun } from '../services/rules/run-events.ts';
import type { OpenQuest, PendingEvent } from './batch.ts';
import type { History } from './history.ts';

/** A completion that is about to be written. */
export interface NewCompletion extends ReplayedCompletion {
  readonly completionId: string;
  readonly quest: OpenQuest;
}

/** An event that moved the quest. */
export interface Move extends Occurrence {
  readonly recordedEventId: string;
}

/** One person's way through one quest while a batch is applied. */
export class Course {
  readonly quest: OpenQuest;
  /** Whether a history was needed that is not there: then nothing here is right yet. */
  wantsHistory = false;
  /** Whether the run in which the batch found the person is over, so that its events are kept no longer. */
  endsRun = false;
  readonly #completions: NewCompletion[] = [];
  #progress: Progress;
  #moves: Move[] = [];
  /** Undefined where it is not loaded. */
  #history: History | undefined;

  constructor(quest: OpenQuest, progress: Progress | undefined, history: History | undefined) {
    this.quest = quest;
    this.#progress = progress ?? emptyProgress;
    // Who has no progress yet has no history.
    this.#history = progress === undefined ? { occurrences: [], earlier: [] } : history;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Whether it was completed by the batch. */
  get isCompleted(): boolean {
    return this.#completions.length > 0;
  }

  /** The events to keep for a replay; of a quest without a cadence, which needs none, those of the present run. */
  get moves(): readonly Move[] {
    return this.#moves;
  }

  /** @returns the completions that this event brings about */
  move({
    recordedEventId,
    eventId,
    occurredAt,
    timeZone,
    localDate,
  }: PendingEvent): readonly NewCompletion[] {
    const { maxCompletions } = this.quest;
    if (maxCompletions !== null && this.#progress.completions >= maxCompletions) return [];
    const before = this.#completions.length;
    const move = { recordedEventId, eventId, at: occurredAt, zone: timeZone, localDate };
    this.#moves.push(move);
    if (isInOrder(this.quest, this.#progress, move)) this.#step(move);
    else this.#replay();
    return this.#completions.slice(before);
  }

  #step(move: Move): void {
    const { progress, completed, runLength } = step(this.quest, this.#progress, move);
    this.#progress = progress;
    if (!completed) return;
    const eventIds =
      runLength === 1 ? [move.eventId] : eventsOfRun(this.quest, this.#allMoves(), move, runLength);
    this.#complete({ ordinal: progress.completions, runLength, eventIds });
    if (this.quest.cadence === 'NONE') this.#beginRun();
  }

  #replay(): void {
    const occurrences = this.#allMoves();
    const earlier = [...(this.#history?.earlier ?? []), ...this.#completions];
    const { progress, completions } = replay(this.quest, occurrences, earlier);
    this.#progress = progress;
    for (const completion of completions) this.#complete(completion);
  }

  #complete(completion: ReplayedCompletion): void {
    this.#completions.push({ completionId: newUuid(), quest: this.quest, ...completion });
  }

  /** Without a cadence each event is of one run. */
  #beginRun(): void {
    this.endsRun = true;
    this.#history = { occurrences: [], earlier: [] };
    this.#moves = [];
  }

  /** In the order of (timestamp, eventId). */
  #allMoves(): Occurrence[] {
    if (this.#history === undefined) this.wantsHistory = true;
    return [...(this.#history?.occurrences ?? []), ...this.#moves].sort(
      (one, other) => one.at.getTime() - other.at.getTime() || (one.eventId < other.eventId ? -1 : 1),
    );
  }
}
