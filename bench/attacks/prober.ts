import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { outcomeOf, post } from './http.ts';
import type { Served } from './stage.ts';

/** What an ordinary user sees of the server during an attack. All times are in ms. */
export interface Seen {
  readonly healthz: readonly number[];
  readonly queries: readonly number[];
  readonly signIns: readonly number[];
  /** Unexpected answers; each counts as if it had taken all of `patience`. */
  readonly failures: readonly string[];
  /** The maximum of resident memory, in bytes. */
  readonly memory: number;
}

/** The longest that a user waits, in ms. */
const patience = 15_000;
/** Not the attackers' address. */
const ownAddress = '203.0.113.7';

const query = JSON.stringify({
  query: '{ posts(first: 20) { nodes { id title createdAt author { username displayName } } } }',
});

export interface ProberOptions {
  readonly server: Served;
  /** The access token for the queries. */
  readonly token: string;
  /** The body of a sign-in to send as well; if left out, none is sent. */
  readonly signIn?: string | undefined;
}

/**
 * Sends requests from now on. Queries and sign-ins are sent on a schedule, whether earlier ones were answered
 * or not, so that a server that hangs shows in all requests of that time.
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

  /** Discards what was measured so far. */
  begin(): void {
    this.#seen = nothing();
  }

  /** Sends nothing more, and waits for open requests. */
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

  /** @throws Error if the answer is not as expected */
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

  /** Requests that began before `begin` and end later are counted too. */
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
