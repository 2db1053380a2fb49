import type { EventPayer } from './event-payer.ts';
import type { OperationReader } from './operation-reader.ts';
import { pageSize } from './replay.ts';
import type { Replays } from './replays.ts';
import { charge, type Frame, give, type Member, type Subscriber } from './subscriber.ts';

export interface CatchUpOptions<S extends Subscriber> {
  readonly reader: OperationReader<S>;
  readonly replays: Replays;
  /** The group has received everything up to this seq. */
  readonly position: () => number;
  /** How many events the group has received. */
  readonly passed: () => number;
  /** Called in the same turn as the check of the member's position: at that moment it has everything that has come. */
  readonly onCaughtUp: (member: Member<S>) => void;
  /** Called if a member cannot be given what it lacks. */
  readonly onFailed: (member: Member<S>, error: unknown) => void;
}

/** Members of one payer who lack events and have room for them, in the order of their turns. */
interface Line<S extends Subscriber> {
  readonly payer: EventPayer;
  readonly members: Set<Member<S>>;
}

/** How many events a subscriber may lag behind. */
const mostBehind = 1_000;
/** Points that a page costs, even if none of it is given to anyone. */
const pageCost = 10;

/**
 * Gives members of a group the events that they lack, from PostgreSQL: those who join with a cursor, or whose socket
 * was full. It reads a page at a time, in turn, and members at nearby positions share a page. Payers do not wait for
 * each other.
 */
export class CatchUp<S extends Subscriber> {
  readonly #options: CatchUpOptions<S>;
  readonly #lines = new Map<string, Line<S>>();
  /** Pages that are being given, by the seq at which they begin. */
  readonly #pages = new Map<number, Promise<void>>();
  /** How many events the group had received when a member, whose socket then was full, last had them all. */
  readonly #laggingSince = new Map<Member<S>, number>();

  constructor(options: CatchUpOptions<S>) {
    this.#options = options;
  }

  /** Adds a member that has room. */
  add(member: Member<S>): void {
    if (member.left) return;
    if (member.position < this.#options.position()) {
      const { payer } = member.subscriber;
      const line = this.#lines.get(payer.key);
      if (line) line.members.add(member);
      else void this.#replay({ payer, members: new Set([member]) });
      return;
    }
    this.#laggingSince.delete(member);
    this.#options.onCaughtUp(member);
  }

  /** Adds a member that could not take everything, as soon as it has room. */
  addFull(member: Member<S>): void {
    this.#laggingSince.set(member, this.#options.passed());
    void this.#addOnceDrained(member);
  }

  remove(member: Member<S>): void {
    this.#takeOut(member);
    this.#laggingSince.delete(member);
  }

  clear(): void {
    for (const { members } of this.#lines.values()) members.clear();
    this.#laggingSince.clear();
  }

  /** The members that lag too far behind. */
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

  /** @returns whether the member was in its payer's line */
  #takeOut(member: Member<S>): boolean {
    return this.#lines.get(member.subscriber.payer.key)?.members.delete(member) ?? false;
  }

  async #replay(line: Line<S>): Promise<void> {
    const { payer, members } = line;
    this.#lines.set(payer.key, line);
    while (members.size > 0) {
      // A page that another payer reads anyway serves everyone whose position it covers.
      await (this.#pageFor(line) ?? this.#options.replays.run(payer, () => this.#replayPage(line)));
    }
    this.#lines.delete(payer.key);
  }

  /** The page in progress that begins at the position of the next member, or less than a page before it. */
  #pageFor({ members: [next] }: Line<S>): Promise<void> | undefined {
    if (next === undefined) return undefined;
    const starts = this.#pages.keys();
    const start = starts.find((at) => at <= next.position && next.position < at + pageSize);
    return start === undefined ? undefined : this.#pages.get(start);
  }

  async #replayPage(line: Line<S>): Promise<void> {
    // Everybody has left while others had their turn, or somebody else's page has just begun.
    if (line.members.size === 0 || this.#pageFor(line) !== undefined) return;
    const start = this.#nextStart(line);
    const page = this.#givePage(start, line.payer);
    this.#pages.set(start, page);
    await page;
    this.#pages.delete(start);
  }

  /** Never rejects. */
  async #givePage(start: number, payer: EventPayer): Promise<void> {
    const { reader, position, passed, onFailed } = this.#options;
    const [until, passedUntil] = [position(), passed()];
    let readers = this.#behind().filter((member) => member.position === start);
    const isOver = () => readers.every(({ left }) => left);
    try {
      const { records, end } = await reader.page(start, until, isOver);
      payer.charge(pageCost);
      readers = this.#behind().filter((member) => member.position >= start && member.position < end);
      for (let at = 0; at < records.length && readers.length > 0; at += reader.batchSize) {
        const batch = records.slice(at, at + reader.batchSize);
        const framesOf = await reader.render(batch, readers, isOver);
        charge(readers, framesOf, reader.cost);
        readers = readers.filter((member) => this.#give(member, framesOf, batch.at(-1)?.seq ?? end));
      }
      for (const member of readers) {
        // Another page has taken this member further already.
        if (!this.#takeOut(member)) continue;
        member.position = Math.max(member.position, end);
        if (end === until) this.#catchesUp(member, passedUntil);
        this.add(member);
      }
    } catch (error) {
      for (const member of readers) if (!member.left) onFailed(member, error);
    }
  }

  /** Notes that the member has everything that had come when `passed` was read. */
  #catchesUp(member: Member<S>, passed: number): void {
    const since = this.#laggingSince.get(member);
    if (since !== undefined) this.#laggingSince.set(member, Math.max(since, passed));
  }

  #behind(): Member<S>[] {
    return [...this.#lines.values()].flatMap(({ members }) => [...members]);
  }

  /** Where the next page begins: at the next member's position, or up to half a page before if one is there. */
  #nextStart({ members: [next] }: Line<S>): number {
    const turn = next?.position ?? 0;
    return this.#behind()
      .map(({ position }) => position)
      .filter((position) => position > turn - pageSize / 2)
      .reduce((least, position) => Math.min(least, position), turn);
  }

  /** @returns whether the member can take more of the page */
  #give(member: Member<S>, framesOf: (subscriber: S) => readonly Frame[], last: number): boolean {
    if (member.left) return false;
    if (give(member, framesOf(member.subscriber), last)) return true;
    if (this.#takeOut(member)) void this.#addOnceDrained(member);
    return false;
  }
}
