import type { EventPayer } from './event-payer.ts';
import type { OperationReader } from './operation-reader.ts';
import { pageSize } from './replay.ts';
import type { Replays } from './replays.ts';
import { charge, type Frame, give, type Member, type Subscriber } from './subscriber.ts';

export interface CatchUpOptions<S extends Subscriber> {
  readonly reader: OperationReader<S>;
  readonly replays: Replays;
  /** Everything up to this seq has come to the group. */
  readonly position: () => number;
  /** How many events have come to the group. */
  readonly passed: () => number;
  /** Called in the same turn as the look at its position: it has everything that has come. */
  readonly onCaughtUp: (member: Member<S>) => void;
  /** Called where a member can't be given what it lacks. */
  readonly onFailed: (member: Member<S>, error: unknown) => void;
}

/** Members of one payer who lack something and have room for it, in the order of their turns. */
interface Line<S extends Subscriber> {
  readonly payer: EventPayer;
  readonly members: Set<Member<S>>;
}

/** Events by which a subscriber may lag behind. */
const mostBehind = 1_000;
/** What a page costs of which nothing is given. */
const pageCost = 10;

/**
 * Gives those members of a group what they lack, from PostgreSQL, who come with a cursor or whose socket was full: a page
 * at a time, in turn, and who stands near another by the same page. Payers do not wait for each other.
 */
export class CatchUp<S extends Subscriber> {
  readonly #options: CatchUpOptions<S>;
  readonly #lines = new Map<string, Line<S>>();
  /** Pages that are being given, by where they begin. */
  readonly #pages = new Map<number, Promise<void>>();
  /** Where the group stood when these had everything; not of those who have come with a cursor. */
  readonly #laggingSince = new Map<Member<S>, number>();

  constructor(options: CatchUpOptions<S>) {
    this.#options = options;
  }

  /** Takes a member with room. */
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

  /** Takes a member that could not be given all that has come, once there is room. */
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

  /** @returns whether it was in its line */
  #takeOut(member: Member<S>): boolean {
    return this.#lines.get(member.subscriber.payer.key)?.members.delete(member) ?? false;
  }

  async #replay(line: Line<S>): Promise<void> {
    const { payer, members } = line;
    this.#lines.set(payer.key, line);
    while (members.size > 0) {
      // What another payer reads anyway is for everybody who stands there.
      await (this.#pageFor(line) ?? this.#options.replays.run(payer, () => this.#replayPage(line)));
    }
    this.#lines.delete(payer.key);
  }

  /** The page that is being given, if the member whose turn it is stands where it begins or a little behind that. */
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
        // By another page it has got further already.
        if (!this.#takeOut(member)) continue;
        member.position = Math.max(member.position, end);
        if (end === until) this.#catchesUp(member, passedUntil);
        this.add(member);
      }
    } catch (error) {
      for (const member of readers) if (!member.left) onFailed(member, error);
    }
  }

  /** It has everything that had come by then. */
  #catchesUp(member: Member<S>, passed: number): void {
    const since = this.#laggingSince.get(member);
    if (since !== undefined) this.#laggingSince.set(member, Math.max(since, passed));
  }

  #behind(): Member<S>[] {
    return [...this.#lines.values()].flatMap(({ members }) => [...members]);
  }

  /** Where the next page begins: with whose turn it is, or before it, where another stands near. */
  #nextStart({ members: [next] }: Line<S>): number {
    const turn = next?.position ?? 0;
    return this.#behind()
      .map(({ position }) => position)
      .filter((position) => position > turn - pageSize / 2)
      .reduce((least, position) => Math.min(least, position), turn);
  }

  /** @returns whether the member goes on with the page */
  #give(member: Member<S>, framesOf: (subscriber: S) => readonly Frame[], last: number): boolean {
    if (member.left) return false;
    if (give(member, framesOf(member.subscriber), last)) return true;
    if (this.#takeOut(member)) void this.#addOnceDrained(member);
    return false;
  }
}
