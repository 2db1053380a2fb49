/** What the benchmark and the process that holds the sockets tell each other, over the channel of Node.js. */

/** Connects sockets, all of which have subscribed when it is reported. */
export interface ConnectOrder {
  readonly type: 'connect';
  /** Names the sockets. */
  readonly to: string;
  readonly url: string;
  readonly sockets: number;
  /** What they subscribe to, in turn; none for a bare broadcast. */
  readonly operations: readonly string[];
  /** Whom they belong to, in turn; none where nobody is signed in. */
  readonly tokens: readonly string[];
  /** Whether they read nothing after they have subscribed. */
  readonly mute: boolean;
  /** How many events come to each as soon as it has subscribed; left out, none. They are counted as after an `expect`. */
  readonly missed?: number;
}

/** So many events come to each of these sockets from now on; when all have, that is reported. */
export interface ExpectOrder {
  readonly type: 'expect';
  readonly to: string;
  readonly events: number;
}

export type Order = ConnectOrder | ExpectOrder;

/** What comes from now on is counted. */
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
  /** When the last socket had each event, by `wallClock()`. */
  readonly lastAt: readonly number[];
}

export type Report = Connected | Expecting | Complete;

/** Wall clock in ms, with more than its milliseconds. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
