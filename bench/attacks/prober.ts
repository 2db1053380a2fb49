import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { outcomeOf, post } from './http.ts';
import type { Served } from './stage.ts';

/** What somebody who does nothing wrong sees of a server meanwhile. All times in ms. */
export interface Seen {
  readonly healthz: readonly number[];
  readonly queries: readonly number[];
  readonly signIns: readonly number[];
  /** What was not answered as it should be, by what was answered; each counts as if it had taken all patience. */
  readonly failures: readonly string[];
  /** The most resident memory, in bytes. */
  readonly memory: number;
}

/** Longer than this nobody waits, ms. */
const patience = 15_000;
/** Apart from the attackers. */
const ownAddress = '203.0.113.7';

const query = JSON.stringify({
  query: '{ posts(first: 20) { nodes { id title createdAt author { username displayName } } } }',
});

export interface ProberOptions {
  readonly server: Served;
  /** Whose query it is. */
  readonly token: string;
  /** The body of a sign-in that is tried as well; left out, none is. */
  readonly signIn?: string | undefined;
}

/**
 * Asks from now on. Queries and sign-ins go out by the clock, whether those before were answered or not: a server that
 * stands still is seen by all who came meanwhile.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  #seen = nothing();

  constructor(options: ProberOptions) {
    this.#options = options;
    const { token, signIn } = options;
    this.#run(this.#watchHealth());
    this.#run(this.#watchMemory());
    this.#run(this.#byTheClock(100, () => this.#post('queries', query, token)));
    if (signIn !== undefined) this.#run(this.#byTheClock(1_000, () => this.#post('signIns', signIn)));
  }

  /** Forgets what was seen so far. */
  begin(): void {
    this.#seen = nothing();
  }

  /** Asks nothing more, and waits for what is still to be answered. */
  async end(): Promise<Seen> {
    this.#stop.abort();
    while (this.#running.length > 0) await this.#running.pop();
    this.#agent.destroy();
    return this.#seen;
  }

  #run(work: Promise<unknown>): void {
    this.#running.push(work);
  }

  async #byTheClock(interval: number, work: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#run(work());
      await pause(interval);
    }
  }

  async #watchHealth(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#time('healthz', () => this.#health());
      await pause(50);
    }
  }

  async #watchMemory(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const memory = await this.#options.server.memory();
      this.#seen.memory = Math.max(this.#seen.memory, memory);
      await pause(50);
    }
  }

  /** @throws Error unless it is as it should be */
  #health(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    request(`${this.#options.server.url}/healthz`, {
      agent: this.#agent,
      signal: AbortSignal.timeout(patience),
    })
      .on('error', reject)
      .on('response', (response) => {
        response.resume().on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`healthz ${response.statusCode}`)),
        );
      })
      .end();
    return promise;
  }

  #post(what: 'queries' | 'signIns', body: string, token?: string): Promise<void> {
    const { url } = this.#options.server;
    return this.#time(what, async () => {
      const signal = AbortSignal.timeout(patience);
      const answer = await post({ url, signal }, body, { token, address: ownAddress });
      if (answer.beginning.includes('"code"') || answer.status !== 200) throw new Error(outcomeOf(answer));
    });
  }

  /** What has begun before, and ends later, is seen too. */
  async #time(what: 'healthz' | 'queries' | 'signIns', work: () => Promise<void>): Promise<void> {
    const at = performance.now();
    try {
      await work();
      this.#seen[what].push(performance.now() - at);
    } catch (error) {
      this.#seen[what].push(patience);
      this.#seen.failures.push(error instanceof Error ? error.message : String(error));
    }
  }
}

function nothing() {
  const times = (): number[] => [];
  const failures: string[] = [];
  return { healthz: times(), queries: times(), signIns: times(), failures, memory: 0 };
}
