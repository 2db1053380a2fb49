import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';

// A variable is sent once and can be used in hundreds of places: its cost is what was sent, not the sum of its uses.

const { seed, site } = await startApp();
let service: Person;
beforeAll(async () => {
  service = await seed.service();
});

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const eventWith = (fields: string) =>
  `{ eventId: "${randomUUID()}", eventType: "test.amplified", timestamp: $at, userId: $of, ${fields} }`;

/** Records events; returns how long the process was busy, in ms of CPU time. */
async function record(type: string, value: unknown, events: string) {
  const query = `mutation($of: ID!, $at: DateTime!, $it: ${type}!) {
    recordEvents(input: { events: [${events}] }) { results { outcome message } }
  }`;
  const variables = { of: service.id, at: new Date().toISOString(), it: value };
  const before = process.cpuUsage();
  const { body } = await service.client.post<{
    recordEvents: { results: { outcome: string; message: string | null }[] } | null;
  }>({ query, variables });
  const { user, system } = process.cpuUsage(before);
  return { results: body.data?.recordEvents?.results ?? body.errors, took: (user + system) / 1_000 };
}

const list = { list: Array.from({ length: 200_000 }, () => 'a') };
const tooLarge = { outcome: 'REJECTED', message: 'data: Can have at most 16 KiB of JSON.' };

test.each([
  ['300 times in one object', eventWith(`data: { ${times(300, (index) => `k${index}: $it`)} }`), 1],
  [
    'three times in each of many objects',
    times(30, () => eventWith(`data: { a: [{ b: $it }, { c: [$it, $it] }] }`)),
    30,
  ],
  ['for many objects', times(60, () => eventWith('data: $it')), 60],
])('a large object that stands %s', async (_, events, count) => {
  const { results, took } = await record('JSONObject', list, events);
  expect(results).toEqual(Array(count).fill(tooLarge));
  // Reading each copy would take some 30 ms; reading the value once, everything takes some 50.
  expect(took).toBeLessThan(600);
});

test('a long text that stands in sixty places', async () => {
  const events = times(60, () => eventWith('metadata: { source: $it }'));
  const { results, took } = await record('String', 'ä'.repeat(400_000), events);
  const message = 'metadata.source: Can have at most 100 characters.';
  expect(results).toEqual(Array(60).fill({ outcome: 'REJECTED', message }));
  expect(took).toBeLessThan(600);
});

test('an object stands where it is put, and not too deep', async () => {
  const event = eventWith('data: { one: $it, two: [$it, { three: $it }] }');
  expect((await record('JSONObject', { a: [1, 'x', null] }, event)).results).toEqual([
    { outcome: 'ACCEPTED', message: null },
  ]);
  await site.settled();
  const a = [1, 'x', null];
  expect(await site.sql(`select data from recorded_event where event_type = 'test.amplified'`)).toEqual([
    { data: { one: { a }, two: [{ a }, { three: { a } }] } },
  ]);
  const deep = (levels: number): object => (levels === 1 ? {} : { a: deep(levels - 1) });
  const at = (levels: number) => record('JSONObject', deep(levels), eventWith('data: { a: { b: $it } }'));
  expect((await at(30)).results).toMatchObject([{ outcome: 'ACCEPTED' }]);
  expect((await at(31)).results).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});
