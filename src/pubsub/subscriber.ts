import type { EventPayer } from './event-payer.ts';
import type { LiveSource } from './live-source.ts';
import type { LiveRecord } from './topics.ts';

/** An event as it is sent. */
export interface Frame {
  readonly seq: number;
  readonly body: Buffer;
}

/** One who listens. No method may throw. */
export interface Subscriber {
  readonly payer: EventPayer;
  /** Takes frames, from the first on, as long as there is room for them. @returns how many it took */
  write(frames: readonly Frame[]): number;
  /** Whether `write` would take any. */
  hasRoom(): boolean;
  /** Resolves once there is room, or nobody is left to write to. */
  drained(): Promise<void>;
  /** It has not kept up, and is to be left. */
  tooSlow(): void;
  /** Nothing follows: the stream was closed or, with an error, can't go on. */
  end(error?: unknown): void;
}

/** What all subscribers of one group have asked for. */
export interface LiveOperation<S extends Subscriber> {
  /** The same for all that are answered alike: the operation, its variables and its source. */
  readonly key: string;
  readonly source: LiveSource;
  /** The points of one event; left out, 1. */
  readonly cost?: number | undefined;
  /**
   * Renders events for subscribers, once for all who may share the answer.
   * @param subscribers are gone through once, where not all get the same
   * @returns what each of them gets: fewer frames than events, where it may not hear of some
   * @throws the driver's error where the database is away: it is tried again then
   */
  render(
    records: readonly LiveRecord[],
    subscribers: Iterable<S>,
  ): Promise<(subscriber: S) => readonly Frame[]>;
}

/** A subscriber of a group. */
export interface Member<S extends Subscriber> {
  readonly subscriber: S;
  /** Everything up to this seq was given. */
  position: number;
  left: boolean;
}

/**
 * Gives a member what it does not have yet of the frames of one batch.
 * @param last the seq up to which they reach, whether it may hear of that event or not
 * @returns false where there was no room for all
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

/** Has each different payer pay for what was rendered and is new to them, once, however many subscribers are theirs. */
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
    // Of what they may not hear they are not to learn by what they pay either.
    const events = framesOf(subscriber).reduce((count, { seq }) => (seq > position ? count + 1 : count), 0);
    if (events > 0) payer.charge(events * cost);
  }
}
