import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { whileEventsAreLocked } from '../kit/held.ts';
import type { Person } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

// Without a worker: nothing is applied.
const app = await startApp({ ROLE: 'api' });
const { seed, site } = app;

const query = '{ viewer { wallet { gold } } }';
const nothing = { data: { viewer: { wallet: { gold: 0 } } } };

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  return { result: await work(), ms: performance.now() - began };
}

const read = ({ client }: Person) => timed(async () => (await client.post({ query })).body);

/** How much longer than half a second an answer may take on a busy machine, in ms. */
const slack = 3_000;

describe('where nobody applies events, a read', () => {
  test('is answered as things are after half a second', async () => {
    const person = await seed.user();
    const { result, ms } = await read(person);
    expect(result).toEqual(nothing);
    expect(ms).toBeGreaterThan(490);
    expect(ms).toBeLessThan(500 + slack);
  });

  test('of the same person waits again, for each may be the first to see it', async () => {
    const person = await seed.user();
    for (let time = 0; time < 3; time++) expect((await read(person)).ms).toBeGreaterThan(490);
  });

  test('of whom nothing waits is answered at once', async () => {
    const admin = await seed.admin();
    await site.sql('update recorded_event set applied_at = now() where applied_at is null');
    const { result } = await read(admin);
    expect(result).toEqual(nothing);
    const began = performance.now();
    for (let time = 0; time < 10; time++) await read(admin);
    expect(performance.now() - began).toBeLessThan(5_000 - 10);
  });

  test('of a person whose first event backs off for longer is answered at once', async () => {
    const person = await seed.user();
    await seed.event(person, unique('test.'));
    await site.sql(
      `update recorded_event set next_attempt_at = now() + interval '1 hour', attempts = 3 where applied_at is null`,
    );
    const times: number[] = [];
    for (let time = 0; time < 5; time++) times.push((await read(person)).ms);
    expect(Math.min(...times)).toBeLessThan(490);
    await site.sql('update recorded_event set next_attempt_at = now() where applied_at is null');
    expect((await read(person)).ms).toBeGreaterThan(490);
  });

  test('does not wait for what became a dead letter', async () => {
    const person = await seed.user();
    await site.sql('update recorded_event set failed_at = now(), attempts = 8 where applied_at is null');
    const times: number[] = [];
    for (let time = 0; time < 5; time++) times.push((await read(person)).ms);
    expect(Math.min(...times)).toBeLessThan(490);
  });
});

test('while PostgreSQL does not say what waits, reads are answered as things are after half a second', async () => {
  const person = await seed.user();
  const { result, ms } = await whileEventsAreLocked(site, () => read(person));
  expect(result).toEqual(nothing);
  expect(ms).toBeGreaterThan(490);
  expect(ms).toBeLessThan(500 + slack);
});

test('reads that wait are answered when the server stops', async () => {
  const stopping = await startApp({ ROLE: 'api' }, site);
  const person = await seed.user();
  const asked = timed(async () => (await stopping.client.as(person).post({ query })).body);
  await eventually(async () => (await looksOf(stopping.url)) > 0);
  await stopping.close();
  expect((await asked).result).toEqual(nothing);
});

async function looksOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/statement="events\.pending"\} (\d+)/.exec(text)?.[1] ?? 0);
}
