/**
 * The messages between the benchmark and the process that holds the sockets, over the IPC channel of Node.js.
 */

/** Connects sockets; reported once all of them are subscribed. */
export interface ConnectOrder {
  readonly type: 'connect';
  /** The name of the group of sockets. */
  readonly to: string;
  readonly url: string;
  readonly sockets: number;
  /** The operations of the sockets, in turn; none for a bare broadcast. */
  readonly operations: readonly string[];
  /** The access tokens of the sockets, in turn; none if nobody is signed in. */
  readonly tokens: readonly string[];
  /** Whether they stop reading once they are subscribed. */
  readonly mute: boolean;
  /**
   * How many events each receives as soon as it is subscribed; none if left out. They are counted as after an
   * `expect`.
   */
  readonly missed?: number;
}

/** Announces how many events each of these sockets will receive; reported when all have arrived. */
export interface ExpectOrder {
  readonly type: 'expect';
  readonly to: string;
  readonly events: number;
}

export type Order = ConnectOrder | ExpectOrder;

/** Messages are counted from now on. */
export interface Expecting {
  readonly type: 'expecting';
  readonly to: string;
}

export interface Connected {
  readonly type: 'connected';
  readonly to: string;
}

export interface Complete {
  readonly type: 'complete';
  readonly to: string;
  readonly messages: number;
  /** When the last socket received each event, by `wallClock()`. */
  readonly lastAt: readonly number[];
}

export type Report = Connected | Expecting | Complete;

/** The wall clock in ms, with fractions. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
