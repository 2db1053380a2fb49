import type { Logger } from 'pino';
import { unhurried } from '../database/patience.ts';

export interface WakeableOptions {
  /** For the log. */
  readonly name: string;
  /** It runs this often even if nobody wakes it, in ms. */
  readonly everyMs: number;
  readonly log: Logger;
  /** Does one piece of the work; true where there is more of it now. */
  readonly step: () => Promise<boolean>;
}

/**
 * Work that runs when it is woken: one step at a time, never two. A wake during a step means one more after
 * it. A step that fails is logged once, until one succeeds, and tried again with the next wake.
 */
export class Wakeable {
  private readonly timer: NodeJS.Timeout;
  private current: Promise<void> = Promise.resolve();
  private woken = false;
  private running = false;
  private failing = false;
  private closed = false;

  constructor(private readonly options: WakeableOptions) {
    this.timer = setInterval(() => this.wake(), options.everyMs);
  }

  wake(): void {
    this.woken = true;
    if (this.running || this.closed) return;
    this.running = true;
    // Not in the time of the request that woke it, and that may be over long before the work is.
    this.current = unhurried(() => this.run());
  }

  /** Resolves once the running step has ended; there is none after it. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.current;
  }

  private async run(): Promise<void> {
    while (this.woken && !this.closed) {
      this.woken = false;
      await this.attempt();
    }
    // No await between the last look at `woken` and here: no wake is lost.
    this.running = false;
  }

  private async attempt(): Promise<void> {
    const { name, log, step } = this.options;
    try {
      if (await step()) this.woken = true;
      if (this.failing) log.info(`${name} works again`);
      this.failing = false;
    } catch (error) {
      if (!this.failing) log.error({ err: error }, `${name} failed and will be tried again`);
      this.failing = true;
    }
  }
}
