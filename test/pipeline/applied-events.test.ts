import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { AppliedEvents } from '../../src/services/applied-events.ts';
import { Stage } from './stage.ts';
import { newType, until } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Starts watching a wait, to tell whether it is over and how long it took. */
function watched(waiting: Promise<void>) {
  const state = { over: false, ms: 0 };
  const began = performance.now();
  const ended = waiting.then(() => {
    state.over = true;
    state.ms = performance.now() - began;
  });
  return { state, ended };
}

const looks = () => stage.statements.filter((name) => name === 'events.pending').length;
const something = statement<{ one: number }>('test.one', 'select 1 as one');

async function someoneWithEvents(eventType = newType(), events = 1): Promise<string> {
  const accountId = await stage.person();
  await stage.record(accountId, eventType, ...Array.from({ length: events }, () => ({})));
  return accountId;
}

async function lastPosition(accountId: string): Promise<number> {
  const select = 'select max(position) as position from recorded_event where account_id = $1';
  const [row] = await stage.sql<{ position: number }>(select, accountId);
  return row?.position ?? 0;
}

describe('a read', () => {
  it('has nothing to wait for if nothing waits to be applied, and looks once', async () => {
    const accountId = await stage.person();
    const before = looks();
    await stage.applied.ofPerson(accountId);
    expect(looks() - before).toBe(1);
  });

  it('goes on as soon as what was recorded before is applied', async () => {
    const accountId = await someoneWithEvents(newType(), 3);
    const { state, ended } = watched(stage.applied.ofPerson(accountId));
    await stage.apply(accountId);
    await ended;
    expect(await stage.pendingOf(accountId)).toEqual([]);
    // The wait ends after half a second in any case.
    expect(state.ms).toBeLessThan(2_000);
  });

  it('waits for what a completion leads to as well', async () => {
    // A read that ran out of time proves nothing.
    for (let attempt = 0, timeIsUp = true; timeIsUp && attempt < 5; attempt++) {
      const [eventType, accountId] = [newType(), await stage.person()];
      await stage.quest({ eventType });
      await stage.record(accountId, eventType);
      const before = looks();
      const { state, ended } = watched(stage.applied.ofPerson(accountId));
      await until(() => looks() > before);
      await stage.runJob(accountId);
      // By now the completion's event is recorded, but not applied. Looks do not overlap, so two have been answered.
      const then = looks();
      await Promise.race([ended, until(() => looks() > then + 2)]);
      expect(state.over && state.ms < 499).toBe(false);
      timeIsUp = state.over;
      await stage.apply(accountId);
      await ended;
    }
  });

  it('does not wait for what is recorded after it, however long that goes on', async () => {
    const [eventType, accountId] = [newType(), await stage.person()];
    await stage.record(accountId, eventType);
    const position = await lastPosition(accountId);
    const { state, ended } = watched(stage.applied.upTo(new Map([[accountId, position]]), 60_000));
    while (!state.over) {
      await stage.record(accountId, eventType);
      await stage.runJob(accountId);
    }
    await ended;
  });
});

describe('those who wait', () => {
  it('hold no connection, and share their looks', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => someoneWithEvents()));
    const positions = new Map<string, number>();
    for (const accountId of people) positions.set(accountId, await lastPosition(accountId));
    const before = looks();
    const waiting = Array.from({ length: 200 }, () => watched(stage.applied.upTo(positions, 60_000)));
    await until(() => looks() > before);
    // The pool has 20 connections.
    for (let time = 0; time < 50; time++) expect(await stage.database.query(something)).toHaveLength(1);
    expect(waiting.some(({ state }) => state.over)).toBe(false);
    for (const accountId of people) await stage.apply(accountId);
    await Promise.all(waiting.map(({ ended }) => ended));
    // Without sharing, there would be at least 400.
    expect(looks() - before).toBeLessThan(200);
  });

  it('go on without being told, and have the workers woken', async () => {
    const accountId = await someoneWithEvents();
    let woken = 0;
    const deaf = new AppliedEvents({
      database: stage.database,
      signals: { listen: () => () => undefined },
      wakeWorkers: () => void woken++,
    });
    const position = await lastPosition(accountId);
    const { ended } = watched(deaf.upTo(new Map([[accountId, position]]), 60_000));
    await until(() => woken > 0);
    await stage.apply(accountId);
    await ended;
  });

  it('are so many and no more: one too many is answered at once', async () => {
    const accountId = await someoneWithEvents();
    const other = await someoneWithEvents();
    const full = new AppliedEvents({ ...stageParts(), wakeWorkers: () => undefined });
    const ids = Array.from({ length: 4_000 }, (_, index) =>
      index === 0 ? accountId : `00000000-0000-7000-8000-${index.toString().padStart(12, '0')}`,
    );
    const call = watched(full.upTo(new Map(ids.map((id) => [id, Number.MAX_SAFE_INTEGER])), 60_000));
    await full.upTo(new Map([[other, Number.MAX_SAFE_INTEGER]]), 60_000);
    const reads = Array.from({ length: 2_000 }, () => watched(full.ofPerson(accountId)));
    const before = performance.now();
    await full.ofPerson(other);
    expect(performance.now() - before).toBeLessThan(400);
    expect(call.state.over).toBe(false);
    full.close();
    await Promise.all([call, ...reads].map(({ ended }) => ended));
  });

  it('all go on when the process stops', async () => {
    const accountId = await someoneWithEvents();
    const stopping = new AppliedEvents({ ...stageParts(), wakeWorkers: () => undefined });
    const waiting = [stopping.ofPerson(accountId), stopping.upTo(new Map([[accountId, 1e9]]), 60_000)];
    stopping.close();
    await Promise.all(waiting);
    await stopping.upTo(new Map([[accountId, 1e9]]), 60_000);
  });
});

const stageParts = () => ({ database: stage.database, signals: stage.signals });

describe('a call for many people', () => {
  it('goes on when all of theirs are applied, and not before', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => someoneWithEvents()));
    const positions = new Map(
      await Promise.all(people.map(async (id) => [id, await lastPosition(id)] as const)),
    );
    const { state, ended } = watched(stage.applied.upTo(positions, 60_000));
    for (const accountId of people) {
      expect(state.over).toBe(false);
      await stage.apply(accountId);
    }
    await ended;
  });

  it('does not wait for whom an event backs off, but for the others', async () => {
    const [one, other] = [await someoneWithEvents(), await someoneWithEvents()];
    await stage.sql(
      `update recorded_event set next_attempt_at = now() + interval '1 hour' where account_id = $1`,
      one,
    );
    const positions = new Map([
      [one, await lastPosition(one)],
      [other, await lastPosition(other)],
    ]);
    const { ended } = watched(stage.applied.upTo(positions, 60_000));
    await stage.apply(other);
    await ended;
  });
});
