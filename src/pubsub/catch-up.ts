import type { LimitFunction } from 'p-limit';
import { batchSize, type OperationReader } from './operation-reader.ts';
import { pageSize } from './replay.ts';
import { type Frame, give, type Member, type Subscriber } from './subscriber.ts';

export interface CatchUpOptions<S extends Subscriber> {
  readonly reader: OperationReader<S>;
  /** Pages are read a few at a time in the whole process. */
  readonly inTurn: LimitFunction;
  /** Everything up to this seq has come to the group. */
  readonly position: () => number;
  /** How many events have come to the group. */
  readonly passed: () => number;
  /** Called in the same turn as the look at its position: it has everything that has come. */
  readonly onCaughtUp: (member: Member<S>) => void;
  /** Called where a member can't be given what it lacks. */
  readonly onFailed: (member: Member<S>, error: unknown) => void;
}

/** Events by which a subscriber may lag behind. */
const mostBehind = 1_000;

/**
 * Gives those members of a group what they lack, from PostgreSQL, who come with a cursor or whose socket was full: a page
 * at a time, in turn, and who stands near another by the same page.
 */
export class CatchUp<S extends Subscriber> {
  readonly #options: CatchUpOptions<S>;
  /** Who lacks something and has room for it, in the order of their turns. */
  readonly #behind = new Set<Member<S>>();
  /** Where the group stood when these had everything; not of those who have come with a cursor. */
  readonly #laggingSince = new Map<Member<S>, number>();
  #replaying = false;

  constructor(options: CatchUpOptions<S>) {
    this.#options = options;
  }

  /** Takes a member with room. */
  add(member: Member<S>): void {
    if (member.left) return;
    if (member.position < this.#options.position()) {
      this.#behind.add(member);
      if (!this.#replaying) void this.#replay();
      return;
    }
    this.#laggingSince.delete(member);
    this.#options.onCaughtUp(member);
  }

  /** Takes a member that could not be given all that has come, once there is room. */
  addFull(member: Member<S>): void {
    this.#laggingSince.set(member, this.#options.passed());
    void this.#addOnceDrained(member);
  }

  remove(member: Member<S>): void {
    this.#behind.delete(member);
    this.#laggingSince.delete(member);
  }

  clear(): void {
    this.#behind.clear();
    this.#laggingSince.clear();
  }

  /** Who lags too far behind. */
  tooSlow(): Member<S>[] {
    const passed = this.#options.passed();
    return [...this.#laggingSince].flatMap(([member, since]) =>
      passed - since > mostBehind ? [member] : [],
    );
  }

  async #addOnceDrained(member: Member<S>): Promise<void> {
    await member.subscriber.drained();
    this.add(member);
  }

  async #replay(): Promise<void> {
    this.#replaying = true;
    while (this.#behind.size > 0) await this.#options.inTurn(() => this.#replayPage());
    this.#replaying = false;
  }

  async #replayPage(): Promise<void> {
    // Everybody has left while others had their turn.
    if (this.#behind.size === 0) return;
    const { reader, position, passed, onFailed } = this.#options;
    const [until, passedUntil] = [position(), passed()];
    const start = this.#nextStart();
    let readers = [...this.#behind].filter((member) => member.position === start);
    const isOver = () => readers.every(({ left }) => left);
    try {
      const { records, end } = await reader.page(start, until, isOver);
      readers = [...this.#behind].filter((member) => member.position >= start && member.position < end);
      for (let at = 0; at < records.length && readers.length > 0; at += batchSize) {
        const batch = records.slice(at, at + batchSize);
        const framesOf = await reader.render(batch, readers, isOver);
        readers = readers.filter((member) => this.#give(member, framesOf, batch.at(-1)?.seq ?? end));
      }
      for (const member of readers) {
        this.#behind.delete(member);
        member.position = Math.max(member.position, end);
        if (end === until && this.#laggingSince.has(member)) this.#laggingSince.set(member, passedUntil);
        this.add(member);
      }
    } catch (error) {
      for (const member of readers) if (!member.left) onFailed(member, error);
    }
  }

  /** Where the next page begins: with whose turn it is, or before it, where another stands near. */
  #nextStart(): number {
    const [next] = this.#behind;
    const turn = next?.position ?? 0;
    return this.#behind
      .values()
      .map(({ position }) => position)
      .filter((position) => position > turn - pageSize / 2)
      .reduce((least, position) => Math.min(least, position), turn);
  }

  /** @returns whether the member goes on with the page */
  #give(member: Member<S>, framesOf: (subscriber: S) => readonly Frame[], last: number): boolean {
    if (member.left) return false;
    if (give(member, framesOf(member.subscriber), last)) return true;
    this.#behind.delete(member);
    void this.#addOnceDrained(member);
    return false;
  }
}
