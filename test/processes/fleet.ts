import { type ServerProcess, startProcess } from '../kit/server-process.ts';
import type { Site } from '../kit/site.ts';

/** A process with a fixed port, which it keeps after each restart. */
export class Instance {
  readonly url: string;
  readonly #restart: () => Promise<ServerProcess>;
  #process: ServerProcess;

  private constructor(process: ServerProcess, restart: () => Promise<ServerProcess>) {
    this.url = process.url;
    this.#process = process;
    this.#restart = restart;
  }

  static async start(site: Site, variables: Readonly<Record<string, string>> = {}): Promise<Instance> {
    const first = await startProcess(site, { ...unlimited, ...variables });
    const PORT = new URL(first.url).port;
    return new Instance(first, () => startProcess(site, { ...unlimited, ...variables, PORT }));
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** @throws Error if it has already ended by itself */
  async kill(): Promise<void> {
    if (!this.running) throw new Error(`The server at ${this.url} has ended by itself.`);
    await this.#process.kill();
  }

  /** Sends SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null> {
    return this.#process.stop();
  }

  async restart(): Promise<void> {
    this.#process = await this.#restart();
  }
}

/** All clients of a test share one address. */
const unlimited = { LIMIT_SOCKETS_ADDRESS: '0', LIMIT_RATE_USER: '0', LIMIT_RATE_ADDRESS: '0' };
