import { periodOf } from './period.ts';
import {
  advance,
  compareOccurrences,
  emptyProgress,
  isBack,
  isExhausted,
  type Occurrence,
  type Progress,
  type QuestRule,
  type Replay,
  type ReplayedCompletion,
  withLast,
} from './quest-progress.ts';

/** The goals that the existing completions met, by ordinal. */
export type Earlier = readonly { readonly runLength: number }[];

/** Consecutive events of one period, in the order of the replay. */
interface Block {
  /** Empty without a cadence. */
  readonly period: string;
  /** At least one. */
  readonly events: Occurrence[];
  /** The latest period of all earlier blocks. */
  latest: string;
  /** The state of the last replay before this block. */
  before: ReplayState;
}

/** The state of a replay. */
interface ReplayState {
  readonly progress: Progress;
  /** The tallies of the latest periods of a COUNT, to which a flight to the west can return. */
  readonly tallies: ReadonlyMap<string, PeriodTally>;
}

type PeriodTally = Pick<Progress, 'count' | 'completed'>;

const beginning: ReplayState = { progress: emptyProgress, tallies: new Map() };
const untouched: PeriodTally = { count: 0, completed: false };
/** More than the number of dates that occur anywhere on earth while one of them lasts. */
const mostTallies = 8;
/** How many blocks or events are processed without a pause. */
const stretch = 250;

/**
 * A person's events for a quest, in the order of (timestamp, eventId), which can be replayed again and again while late
 * events come in. A replay continues from the first event that is new to it, and looks only at events that can begin or
 * complete something, so that a late event costs no more with a long history than with a short one.
 */
export class Timeline {
  readonly #rule: QuestRule;
  readonly #blocks: Block[] = [];
  /** How many blocks have not changed since the last replay, and its state after them. */
  #replayed = 0;
  #place = beginning;
  /** The last date looked up, and its period. Consecutive events often have the same date. */
  #date = '';
  #period = '';

  constructor(rule: QuestRule) {
    this.#rule = rule;
  }

  /** Adds events in any order; fast if each is later than all earlier ones. Yields when others may have their turn. */
  *addAll(occurrences: readonly Occurrence[]): Generator<void, void> {
    for (const [index, occurrence] of occurrences.entries()) {
      if (index % stretch === stretch - 1) yield;
      this.add(occurrence);
    }
  }

  add(occurrence: Occurrence): void {
    const period = this.#periodOf(occurrence);
    const index = this.#lastBegunBy(occurrence);
    const block = this.#blocks[index];
    const following = this.#blocks[index + 1];
    const place = block === undefined ? 0 : firstAfter(block.events, occurrence, (event) => event);
    if (block?.period === period) {
      block.events.splice(place, 0, occurrence);
      this.#changed(index);
    } else if (block !== undefined && place < block.events.length) {
      const rest = block.events.splice(place);
      this.#insert(index + 1, blockOf(period, [occurrence]), blockOf(block.period, rest));
    } else if (following?.period === period) {
      following.events.unshift(occurrence);
      this.#changed(index + 1);
    } else {
      this.#insert(index + 1, blockOf(period, [occurrence]));
    }
  }

  /**
   * Replays the whole history. The k-th completion has ordinal k. Existing completions (`earlier`) keep the goal that
   * was frozen with them; later ones use the rule's goal. Completions never become fewer: existing ones stay even if
   * the replay does not reach them.
   * @param earlier the same as at the last replay, plus what has been completed since
   */
  *replay(earlier: Earlier): Generator<void, Replay> {
    const completions: ReplayedCompletion[] = [];
    for (; this.#replayed < this.#blocks.length; this.#replayed++) {
      const block = this.#blocks[this.#replayed];
      if (block === undefined) break;
      if (this.#replayed % stretch === stretch - 1) yield;
      block.before = this.#place;
      this.#place = passThrough(block, termsOf(this.#rule, earlier), (completion) => {
        if (completion.ordinal <= earlier.length) return;
        const eventIds = this.#idsUpTo(this.#replayed, completion.place, completion);
        completions.push({ ordinal: completion.ordinal, runLength: completion.runLength, eventIds });
      });
    }
    const { progress } = this.#place;
    const unreached = Math.max(earlier.length - progress.completions, 0);
    return {
      progress: { ...progress, completions: progress.completions + unreached, unreached },
      completions,
    };
  }

  /**
   * The events of a run that `step` has found complete: the last ones that count.
   * @param last the event that completed the run; it must have been added
   * @param runLength from `step`
   * @returns their ids, oldest first
   */
  eventsOfRun(last: Occurrence, runLength: number): readonly string[] {
    const period = this.#periodOf(last);
    return this.#idsUpTo(this.#blocks.length - 1, Number.POSITIVE_INFINITY, { period, runLength });
  }

  /** For a STREAK, the first event of each period that is later than all earlier ones; else all of the period. */
  #idsUpTo(
    index: number,
    place: number,
    { period, runLength }: { readonly period: string; readonly runLength: number },
  ): string[] {
    const ids: string[] = [];
    for (let at = index; at >= 0 && ids.length < runLength; at--) {
      const block = this.#blocks[at];
      if (block === undefined || !this.#counts(block, period)) continue;
      const counting = this.#rule.kind === 'STREAK' ? 1 : at === index ? place + 1 : block.events.length;
      const events = block.events.slice(0, counting).slice(ids.length - runLength);
      for (const { eventId } of events.reverse()) ids.push(eventId);
    }
    return ids.reverse();
  }

  #counts(block: Block, period: string): boolean {
    return this.#rule.kind === 'STREAK' ? block.period > block.latest : block.period === period;
  }

  #periodOf({ localDate }: Occurrence): string {
    if (localDate !== this.#date) {
      this.#date = localDate;
      this.#period = periodOf(this.#rule.cadence, localDate) ?? '';
    }
    return this.#period;
  }

  /** The index of the last block that does not begin after an event; -1 if all do. */
  #lastBegunBy(occurrence: Occurrence): number {
    return firstAfter(this.#blocks, occurrence, ({ events }) => events[0]) - 1;
  }

  #insert(index: number, ...blocks: readonly Block[]): void {
    this.#blocks.splice(index, 0, ...blocks);
    let latest = '';
    const before = this.#blocks[index - 1];
    if (before !== undefined) latest = laterOf(before.latest, before.period);
    for (let at = index; at < this.#blocks.length; at++) {
      const block = this.#blocks[at];
      if (block === undefined || (at >= index + blocks.length && block.latest === latest)) break;
      block.latest = latest;
      latest = laterOf(latest, block.period);
    }
    // The previous block may have been split.
    this.#changed(Math.max(index - 1, 0));
  }

  /** Makes the next replay begin with this block, or earlier. */
  #changed(index: number): void {
    const block = this.#blocks[index];
    if (index >= this.#replayed || block === undefined) return;
    this.#replayed = index;
    this.#place = block.before;
  }
}

/** A completion that a replay finds in a block. */
interface Met extends Pick<ReplayedCompletion, 'ordinal' | 'runLength'> {
  readonly period: string;
  /** The index of the event in its block. */
  readonly place: number;
}

/**
 * Passes through a block. Looks only at events that can change more than the count and the latest event: the first, and
 * for a COUNT the one that reaches the goal.
 * @param termsFor returns the rule that holds after so many completions
 */
function passThrough(
  { period, events, before: { progress, tallies } }: Block,
  termsFor: (completions: number) => QuestRule,
  meet: (met: Met) => void,
): ReplayState {
  const { kind, cadence } = termsFor(0);
  const back = kind === 'COUNT' && isBack(progress, period);
  let own = back ? { ...progress, ...(tallies.get(period) ?? untouched), period } : progress;
  for (let place = 0; place < events.length; place++) {
    const event = events[place];
    const terms = termsFor(own.completions);
    if (event === undefined || isExhausted(terms, own)) break;
    const moved = advance(terms, own, event);
    own = moved.progress;
    if (moved.completed) meet({ period, place, ordinal: own.completions, runLength: moved.runLength });
    const following = termsFor(own.completions);
    const idle = Math.min(idleAfter(following, own), events.length - 1 - place);
    const last = events[place + idle];
    if (idle <= 0 || last === undefined || isExhausted(following, own)) continue;
    place += idle;
    own = withLast(stands(following, own) ? own : { ...own, count: own.count + idle }, last);
  }
  if (kind === 'STREAK' || cadence === 'NONE') return { progress: own, tallies };
  const { count, completed } = progress;
  return {
    progress: back ? { ...own, period: progress.period, count, completed } : own,
    tallies: withTally(tallies, period, own),
  };
}

/** A lower bound for the number of next events in the same period that complete nothing. */
function idleAfter(terms: QuestRule, progress: Progress): number {
  return stands(terms, progress) ? Number.POSITIVE_INFINITY : terms.goal - progress.count - 1;
}

/** Whether further events of the same period do not count. */
function stands({ kind }: QuestRule, { completed }: Progress): boolean {
  return kind === 'STREAK' || completed;
}

function termsOf(rule: QuestRule, earlier: Earlier): (completions: number) => QuestRule {
  const maxCompletions = rule.maxCompletions === null ? null : Math.max(rule.maxCompletions, earlier.length);
  return (completions) => {
    const goal = earlier[completions]?.runLength ?? rule.goal;
    return { ...rule, goal, maxCompletions };
  };
}

function withTally(
  tallies: ReadonlyMap<string, PeriodTally>,
  period: string,
  { count, completed }: PeriodTally,
): ReadonlyMap<string, PeriodTally> {
  const kept = new Map(tallies);
  kept.delete(period);
  kept.set(period, { count, completed });
  for (const oldest of kept.keys()) {
    if (kept.size <= mostTallies) break;
    kept.delete(oldest);
  }
  return kept;
}

function blockOf(period: string, events: Occurrence[]): Block {
  return { period, events, latest: '', before: beginning };
}

function laterOf(one: string, other: string): string {
  return one > other ? one : other;
}

/** The index of the first item that begins after an event; the number of items if none does. */
function firstAfter<Item>(
  items: readonly Item[],
  occurrence: Occurrence,
  startOf: (item: Item) => Occurrence | undefined,
): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    const start = item === undefined ? undefined : startOf(item);
    if (start === undefined || compareOccurrences(start, occurrence) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
