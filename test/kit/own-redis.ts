import { Redis } from 'ioredis';
import { launchRedis, type TestRedis } from '../setup/redis.ts';
import { createFolder } from '../setup/services.ts';
import { whenDone } from './when-done.ts';

/** A Redis for one test alone, which may stop it. */
export interface OwnRedis {
  readonly url: string;
  /** Sends SIGKILL; nothing is kept. */
  stop(): Promise<void>;
  /** Starts it again at the same address, empty. */
  restart(): Promise<void>;
  /** Keeps its connections, but answers nobody for `time` ms. */
  hang(time: number): Promise<void>;
  /** Sends any command over a new connection. */
  command(name: string, ...values: string[]): Promise<unknown>;
  keys(pattern: string): Promise<string[]>;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = await createFolder();
  let server: TestRedis = await launchRedis(folder);
  const { url } = server;
  const stop = async () => server[Symbol.asyncDispose]();
  whenDone(stop);
  const connected = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(url);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  };
  const command = (name: string, ...values: string[]) => connected((client) => client.call(name, ...values));
  return {
    url,
    stop,
    async restart() {
      server = await launchRedis(folder, Number(new URL(url).port));
    },
    hang: async (time) => void (await command('client', 'pause', String(time), 'all')),
    command,
    keys: (pattern) => connected((client) => client.keys(pattern)),
  };
}
