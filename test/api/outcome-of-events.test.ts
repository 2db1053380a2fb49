import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type EventInput, RecordEventsDocument, SetRoleDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Client } from '../kit/client.ts';
import { whileNothingIsApplied } from '../kit/held.ts';
import type { Person } from '../kit/seed.ts';
import { statements } from '../kit/statements.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp();
const { seed, site } = app;

const event = (eventType: string, given: Partial<EventInput> = {}): EventInput => ({
  eventId: randomUUID(),
  eventType,
  timestamp: new Date().toISOString(),
  ...given,
});

/** The longest allowed time, so that a slow machine makes no difference. */
const patient = 5_000;

async function record({ client }: Pick<Person, 'client'>, events: EventInput[], applyWithin?: number | null) {
  const input = { events, ...(applyWithin !== undefined && { applyWithin }) };
  const { results, progress, completions } = await client.mutate(RecordEventsDocument, { input });
  return {
    outcomes: results.map(({ outcome }) => outcome),
    progress: progress.map(({ quest, count, state }) => ({ name: quest.name, count, state })),
    completed: completions.map(({ quest }) => quest.name),
    completionIds: completions.map(({ id }) => id),
  };
}

const own = (eventType: string) => ({ eventType, selfReported: true, maxCompletions: null });

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  return { result: await work(), ms: performance.now() - began };
}

describe('recordEvents tells', () => {
  test('what its events moved, and what they completed', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    const [one, three] = [await seed.quest(own(eventType)), await seed.quest({ ...own(eventType), goal: 3 })];
    await seed.quest(own(unique('test.')));
    const first = await record(person, [event(eventType)], patient);
    expect(first).toMatchObject({ outcomes: ['ACCEPTED'], completed: [one.name] });
    expect(first.progress).toEqual([
      { name: one.name, count: 0, state: 'ACTIVE' },
      { name: three.name, count: 1, state: 'ACTIVE' },
    ]);
    const more = await record(person, [event(eventType), event(eventType)], patient);
    expect(more.completed).toEqual([one.name, one.name, three.name]);
    expect(more.progress).toEqual([
      { name: one.name, count: 0, state: 'ACTIVE' },
      { name: three.name, count: 0, state: 'ACTIVE' },
    ]);
    expect(more.completionIds).not.toContain(first.completionIds[0]);
  });

  test('the same of events that are sent again, for the answer may have been lost', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    await seed.quest(own(eventType));
    const events = [event(eventType), event(eventType)];
    const { outcomes, ...first } = await record(person, events, patient);
    expect(first.completionIds).toHaveLength(2);
    const repeat = await record(person, events, patient);
    expect(repeat).toEqual({ ...first, outcomes: ['DUPLICATE', 'DUPLICATE'] });
    expect(outcomes).toEqual(['ACCEPTED', 'ACCEPTED']);
  });

  test('of events that are sent again before they are applied, once they are', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    await seed.quest(own(eventType));
    const events = [event(eventType)];
    let again: ReturnType<typeof record> | undefined;
    await whileNothingIsApplied(site, async () => {
      expect(await record(person, events, 0)).toMatchObject({ outcomes: ['ACCEPTED'], completed: [] });
      again = record(person, events, patient);
      // The request must be there before anything is applied, or it would not have to wait.
      await site.sql('select pg_sleep(0.2)');
    });
    expect(await again).toMatchObject({ outcomes: ['DUPLICATE'], completed: [expect.any(String)] });
  });

  test('nothing of rejected ones, nor of a quest that is completed for good', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    const quest = await seed.quest({ ...own(eventType), maxCompletions: 1 });
    const outcomes = ['ACCEPTED', 'REJECTED'];
    const first = await record(person, [event(eventType), event(unique('test.'))], patient);
    expect(first).toMatchObject({ outcomes, completed: [quest.name] });
    expect(first.progress).toEqual([{ name: quest.name, count: 0, state: 'EXHAUSTED' }]);
    const next = await record(person, [event(eventType)], patient);
    expect(next).toEqual({ outcomes: ['ACCEPTED'], progress: [], completed: [], completionIds: [] });
    const none = await record(person, [event(unique('test.'))], patient);
    expect(none).toEqual({ outcomes: ['REJECTED'], progress: [], completed: [], completionIds: [] });
    expect(await record(person, [], patient)).toEqual({ ...none, outcomes: [] });
  });

  test('a service of all for whom it records', async () => {
    const [service, eventType] = [await seed.service(), unique('test.')];
    const quest = await seed.quest({ eventType });
    const people: Person[] = [];
    for (let count = 0; count < 5; count++) people.push(await seed.user());
    const events = people.map(({ id: userId }) => event(eventType, { userId }));
    const told = await record(service, events, patient);
    expect(told.completed).toEqual(people.map(() => quest.name));
    expect(told.progress).toEqual(people.map(() => ({ name: quest.name, count: 0, state: 'EXHAUSTED' })));
  });

  test('nobody what came of events that they recorded for others when they still might', async () => {
    const [admin, person, eventType] = [await seed.admin(), await seed.user(), unique('test.')];
    const quest = await seed.quest({ eventType });
    const events = [event(eventType, { userId: person.id })];
    expect((await record(admin, events, patient)).completed).toEqual([quest.name]);
    const boss = await seed.boss();
    await boss.client.mutate(SetRoleDocument, { input: { userId: admin.id, role: 'USER' } });
    const again = await record(await seed.signIn(admin), events, patient);
    expect(again).toEqual({ outcomes: ['DUPLICATE'], progress: [], completed: [], completionIds: [] });
  });

  test('over two statements, whether one list is asked for or both, and nothing if neither is', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    await seed.quest(own(eventType));
    const sent = async (fields: string) => {
      await site.settled();
      const query = `mutation ($events: [EventInput!]!) {
        recordEvents(input: { events: $events, applyWithin: ${patient} }) { results { outcome } ${fields} }
      }`;
      const all = await statements(app, () =>
        person.client.post({ query, variables: { events: [event(eventType), event(eventType)] } }),
      );
      return Object.fromEntries(
        Object.entries(all).filter(([name]) => /^(event\.|progress|completion)/.test(name)),
      );
    };
    const always = { 'event.open_types': 1 };
    expect(await sent('')).toEqual(always);
    expect(await sent('progress { count }')).toEqual({
      ...always,
      'event.outcome': 1,
      'progress.byId': 1,
    });
    expect(await sent('progress { count } completions { ordinal }')).toEqual({
      ...always,
      'event.outcome': 1,
      'progress.byId': 1,
      'completion.byId': 1,
    });
  });
});

describe('recordEvents waits', () => {
  test('for half a second for people, and not for services, if it is not told', async () => {
    const [person, service, eventType] = [await seed.user(), await seed.service(), unique('test.')];
    await seed.quest(own(eventType));
    await whileNothingIsApplied(site, async () => {
      for (const applyWithin of [undefined, null]) {
        const { result, ms } = await timed(() => record(person, [event(eventType)], applyWithin));
        expect(result).toMatchObject({ outcomes: ['ACCEPTED'], progress: [], completed: [] });
        expect(ms).toBeGreaterThan(490);
      }
      const times: number[] = [];
      for (let time = 0; time < 5; time++)
        times.push((await timed(() => record(service, [event(eventType, { userId: person.id })]))).ms);
      expect(Math.min(...times)).toBeLessThan(490);
    });
  });

  test('as long as it is told, and no longer', async () => {
    const [person, eventType] = [await seed.user(), unique('test.')];
    await seed.quest(own(eventType));
    await whileNothingIsApplied(site, async () => {
      expect((await timed(() => record(person, [event(eventType)], 1_200))).ms).toBeGreaterThan(1_190);
      const times: number[] = [];
      for (let time = 0; time < 5; time++)
        times.push((await timed(() => record(person, [event(eventType)], 0))).ms);
      expect(Math.min(...times)).toBeLessThan(490);
    });
  });

  test.each([-1, 5_001, 2_147_483_647, -2_147_483_648])(
    'neither %i ms, nor is anything recorded',
    async (applyWithin) => {
      const [person, eventType] = [await seed.user(), unique('test.')];
      await seed.quest(own(eventType));
      const before = await site.contents('recorded_event');
      const input = { events: [event(eventType)], applyWithin };
      expect(await person.client.fails(RecordEventsDocument, { input })).toEqual(['BAD_USER_INPUT']);
      expect(await site.contents('recorded_event')).toBe(before);
    },
  );

  test('at one process for what another one applies', async () => {
    const there = await startApp({ ROLE: 'api' }, site);
    const [person, eventType] = [await seed.user(), unique('test.')];
    const quest = await seed.quest(own(eventType));
    const client = new Client(there.url).as(person);
    expect((await record({ client }, [event(eventType)], patient)).completed).toEqual([quest.name]);
  });
});
