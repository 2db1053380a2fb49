import type { Logger } from '../logger.ts';
import { unhurried } from './patience.ts';

export interface BackgroundLoopOptions {
  /** For the log. */
  readonly name: string;
  readonly log: Logger;
  /** Does one bounded piece of the work; true if there is more of it now. */
  readonly step: (signal: AbortSignal) => Promise<boolean>;
  /** How many steps run at once; left out, one. */
  readonly concurrency?: number;
  /** It runs this often even if nobody wakes it, in ms; left out, only when it is woken. */
  readonly everyMs?: number;
  /** Each run comes up to a quarter sooner or later, and the first soon after the start: processes take turns. */
  readonly jitter?: boolean;
  /** After a failure it waits this long and tries again by itself, in ms; left out, it runs with the next wake. */
  readonly retryMs?: number;
  /** Whether each failure is logged; left out, the first of several in a row. */
  readonly logsEachFailure?: boolean;
  /** Whether closing does the rest of the work first; left out, the steps that run are the last. */
  readonly finishes?: boolean;
}

/**
 * Work that runs when it is woken, by others or by its timer, outside the time and the turn of any request. It runs
 * step by step while there is more, never more steps at once than `concurrency`. A wake during a step means one more
 * after it. A step that fails is logged and tried again.
 */
export class BackgroundLoop {
  readonly #options: BackgroundLoopOptions;
  readonly #closing = new AbortController();
  readonly #lanes: Lane[];
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(options: BackgroundLoopOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.concurrency ?? 1 }, () => new Lane())
  }
}
