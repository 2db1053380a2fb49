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
    this.#run(this.#byTheClock(100, (seen) => this.#post(query, token, seen.queries, seen)));
    if (signIn !== undefined)
      this.#run(this.#byTheClock(1_000, (seen) => this.#post(signIn, undefined, seen.signIns, seen)));
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

  async #byTheClock(interval: number, work: (seen: Growing) => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#run(work(this.#seen));
      await pause(interval);
    }
  }

  async #watchHealth(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const seen = this.#seen;
      await timed(() => this.#health(), seen.healthz, seen.failures);
      await pause(50);
    }
  }

  async #watchMemory(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const seen = this.#seen;
      seen.memory = Math.max(seen.memory, await this.#options.server.memory());
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

  #post(body: string, token: string | undefined, times: number[], { failures }: Growing): Promise<void> {
    const { url } = this.#options.server;
    return timed(
      async () => {
        const signal = AbortSignal.timeout(patience);
        const answer = await post({ url, signal }, body, { token, address: ownAddress });
        if (answer.beginning.includes('"code"') || answer.status !== 200) throw new Error(outcomeOf(answer));
      },
      times,
      failures,
    );
  }
}

type Growing = ReturnType<typeof nothing>;

function nothing() {
  const times = () => [] as number[];
  return { healthz: times(), queries: times(), signIns: times(), failures: [] as string[], memory: 0 };
}

async function timed(work: () => Promise<void>, times: number[], failures: string[]): Promise<void> {
  const at = performance.now();
  try {
    await work();
    times.push(performance.now() - at);
  } catch (error) {
    times.push(patience);
    failures.push(error instanceof Error ? error.message : String(error));
  }
}
