import type { EventPayer } from './event-payer.ts';
import type { LiveSource } from './live-source.ts';
import type { LiveRecord } from './topics.ts';

/** An event as it is sent. */
export interface Frame {
  readonly seq: number;
  readonly body: Buffer;
}

/** Someone who listens. No method may throw. */
export interface Subscriber {
  readonly payer: EventPayer;
  /** Takes frames, from the first on, as long as there is room. @returns how many it took */
  write(frames: readonly Frame[]): number;
  /** Whether `write` would take any. */
  hasRoom(): boolean;
  /** Resolves when there is room, or when nobody is left to write to. */
  drained(): Promise<void>;
  /** Called when it has not kept up; by then it has left the group. */
  tooSlow(): void;
  /** Nothing follows: the stream was closed or, if there is an error, cannot go on. */
  end(error?: unknown): void;
}

/** What all subscribers of one group have asked for. */
export interface LiveOperation<S extends Subscriber> {
  /** The same for all who get the same answers: the operation, its variables and its source. */
  readonly key: string;
  readonly source: LiveSource;
  /** The points of one event; if left out, 1. */
  readonly cost?: number | undefined;
  /**
   * Renders events for subscribers, once for all who may share the answer.
   * @param subscribers iterated once, if not all get the same
   * @returns what each of them gets: fewer frames than events if it may not hear of some
   * @throws the driver's error if the database is unreachable; then it is tried again
   */
  render(
    records: readonly LiveRecord[],
    subscribers: Iterable<S>,
  ): Promise<(subscriber: S) => readonly Frame[]>;
}

/** A subscriber of a group. */
export interface Member<S extends Subscriber> {
  readonly subscriber: S;
  /** The member was given everything up to this seq. */
  position: number;
  left: boolean;
}

/**
 * Gives a member the frames of one batch that it does not have yet.
 * @param last the seq at which the batch ends, whether or not the member may hear of that event
 * @returns false if there was not enough room for all
 */
export function give<S extends Subscriber>(
  member: Member<S>,
  frames: readonly Frame[],
  last: number,
): boolean {
  const [first] = frames;
  const has = first !== undefined && first.seq <= member.position;
  const fresh = has ? frames.filter(({ seq }) => seq > member.position) : frames;
  const taken = fresh.length === 0 ? 0 : member.subscriber.write(fresh);
  const whole = taken === fresh.length;
  member.position = Math.max(member.position, whole ? last : (fresh[taken - 1]?.seq ?? 0));
  return whole;
}

/** Charges each payer once for what was rendered and is new to them, however many subscribers they have. */
export function charge<S extends Subscriber>(
  members: Iterable<Member<S>>,
  framesOf: (subscriber: S) => readonly Frame[],
  cost: number,
): void {
  const charged = new Set<string>();
  for (const { subscriber, position } of members) {
    const { payer } = subscriber;
    if (charged.has(payer.key)) continue;
    charged.add(payer.key);
    // What a payer is charged must not reveal events that they may not hear of.
    const events = framesOf(subscriber).reduce((count, { seq }) => (seq > position ? count + 1 : count), 0);
    if (events > 0) payer.charge(events * cost);
  }
}
