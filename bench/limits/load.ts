/** A process that asks a server as fast as it answers, over several connections, and reports how often. */
import { Agent, request } from 'node:http';
import process from 'node:process';
import { figuresOf } from '../figures.ts';

export interface LoadOrder {
  readonly url: string;
  /** The body of each request. */
  readonly body: string;
  readonly connections: number;
  readonly ms: number;
}

export interface LoadReport {
  readonly requests: number;
  /** How long the load ran, in ms. */
  readonly took: number;
  /** The time of one answer, in ms. */
  readonly median: number;
  readonly p99: number;
}

process.on('message', (order: LoadOrder) => {
  void load(order).then((report) => process.send?.(report));
});

async function load({ url, body, connections, ms }: LoadOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const begin = performance.now();
  const one = async () => {
    while (performance.now() - begin < ms) {
      const at = performance.now();
      await ask(url, body, agent);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const took = performance.now() - begin;
  agent.destroy();
  const { median, p99 } = figuresOf(times);
  return { requests: times.length, took, median, p99 };
}

/** @throws Error if the answer has errors */
function ask(url: string, body: string, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sent = request(`${url}/graphql`, { method: 'POST', agent, headers });
  sent.on('error', reject);
  sent.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('error', reject);
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const answer = Buffer.concat(chunks);
      if (response.statusCode === 200 && !answer.includes('"errors"')) resolve();
      else reject(new Error(`${response.statusCode} ${answer.toString().slice(0, 500)}`));
    });
  });
  sent.end(body);
  return promise;
}
