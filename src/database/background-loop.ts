import type { Logger } from '../logger.ts';
import { unhurried } from './patience.ts';

export interface BackgroundLoopOptions {
  /** For the log. */
  readonly name: string;
  readonly log: Logger;
  /** Does one piece of the work. @returns whether there is more of it now */
  readonly step: () => Promise<boolean>;
  /** Most steps that run at once; if left out, one. */
  readonly concurrency?: number;
  /** How often it runs even if nobody wakes it, in ms; if left out, it only runs when it is woken. */
  readonly everyMs?: number;
  /** Varies `everyMs` by up to a quarter, and starts within a tenth of it, so that processes take turns. */
  readonly jitter?: boolean;
  /** How long it pauses after a failure before it retries by itself, in ms; if left out, the next wake runs it. */
  readonly retryMs?: number;
  /** Whether each failure is logged; if left out, only the first of several in a row is. */
  readonly logsEachFailure?: boolean;
  /** Whether closing first does the work that is left, unless that fails; if left out, no step begins after closing. */
  readonly finishes?: boolean;
}

/**
 * Work that no request waits for. It runs when it is woken, step by step while there is more to do. A wake during a
 * step causes one more step after it. A step that fails is logged and tried again.
 */
export class BackgroundLoop {
  readonly #options: BackgroundLoopOptions;
  readonly #concurrency: number;
  readonly #closing = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #wakes = 0;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Set while it pauses after a failure. */
  #pause: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(options: BackgroundLoopOptions) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? 1;
    const { everyMs, jitter = false } = options;
    if (everyMs !== undefined) this.#wakeEvery(everyMs, jitter, jitter ? Math.random() / 10 : 1);
  }

  /** Aborted when the loop is being closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** How often it was woken. */
  get wakes(): number {
    return this.#wakes;
  }

  wake(): void {
    this.#wakes += 1;
    if (this.#pause !== undefined || this.signal.aborted) return;
    while (this.#running < this.#concurrency) this.#start();
  }

  /** Resolves when the running steps have ended; none follows. */
  close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    if (this.#running === 0 && this.#options.finishes === true) this.#start();
    if (this.#running === 0) this.#ended.resolve();
    return this.#ended.promise;
  }

  #wakeEvery(ms: number, jitter: boolean, share: number): void {
    this.#timer = setTimeout(() => {
      this.#wakeEvery(ms, jitter, jitter ? 0.75 + Math.random() / 2 : 1);
      this.wake();
    }, ms * share).unref();
  }

  #start(): void {
    this.#running += 1;
    // Not in the time limit of the request that woke it: the request may be over long before the work is.
    void unhurried(() => this.#run());
  }

  async #run(): Promise<void> {
    for (let goesOn = true; goesOn; ) {
      const wakes = this.#wakes;
      const more = await this.#attempt();
      if (this.signal.aborted) goesOn = more && this.#options.finishes === true;
      else goesOn = this.#pause === undefined && (more || wakes !== this.#wakes);
    }
    // There is no await between the last check of the wakes and here, so no wake is lost.
    this.#running -= 1;
    if (this.#running === 0 && this.signal.aborted) this.#ended.resolve();
  }

  async #attempt(): Promise<boolean> {
    const { name, log, step, logsEachFailure = false } = this.#options;
    try {
      const more = await step();
      if (this.#failing) log.info(`${name} works again`);
      this.#failing = false;
      return more;
    } catch (error) {
      if (!this.#failing || logsEachFailure) {
        log.error({ err: error }, `${name} failed and will be retried`);
      }
      this.#failing = true;
      this.#pauseAfterFailure();
      return false;
    }
  }

  #pauseAfterFailure(): void {
    const { retryMs } = this.#options;
    if (retryMs === undefined || this.signal.aborted) return;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.wake();
    }, retryMs);
  }
}
