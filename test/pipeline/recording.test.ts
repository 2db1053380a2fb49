import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/domain/errors.ts';
import { Stage } from './stage.ts';
import { ago, event, newType } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

const eventRows = `select event_type as "eventType", time_zone as "timeZone", local_date as "localDate",
  self_reported as "selfReported", recorded_by as "recordedBy", data, source, version
  from recorded_event where event_id = $1`;

async function service() {
  return { accountId: await stage.person({ role: 'SERVICE' }), role: 'SERVICE' } as const;
}

/** Does not wait, since nothing is applied here. */
async function recordEvents(...[viewer, events]: Parameters<Stage['events']['recordEvents']>) {
  return (await stage.events.recordEvents(viewer, events, 0)).results;
}

async function user() {
  return { accountId: await stage.person(), role: 'USER' } as const;
}

describe('an event', () => {
  // At any moment, the date in one of the two differs from that in UTC.
  it.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago'])(
    'is stored with its source, and with the zone and date of the person as they are then: %s',
    async (timeZone) => {
      const [viewer, eventType] = [await service(), newType()];
      const accountId = await stage.person({ timeZone });
      const timestamp = ago({ hours: 3 });
      const metadata = { source: 'shop', version: '2' };
      const one = event({ accountId, eventType, timestamp, data: { a: 1 }, metadata });
      const results = await recordEvents(viewer, [one]);
      expect(results).toEqual([{ eventId: one.eventId, outcome: 'ACCEPTED', message: null }]);
      await stage.sql(`update account set time_zone = 'Asia/Tokyo' where id = $1`, accountId);
      const localDate = timestamp.toLocaleDateString('sv', { timeZone });
      const source = { selfReported: false, recordedBy: viewer.accountId, ...metadata };
      const stored = { eventType, timeZone, localDate, data: { a: 1 }, ...source };
      expect(await stage.sql(eventRows, one.eventId)).toEqual([stored]);
    },
  );

  it('of the server itself has no source, happens now, and takes the same way', async () => {
    const accountId = await stage.person();
    await stage.recordOwn({ accountId, eventType: 'user.signed_in', data: { first: true } });
    const [own] = await stage.sql('select * from recorded_event where account_id = $1', accountId);
    expect(own).toMatchObject({ recorded_by: null, event_type: 'user.signed_in', data: { first: true } });
    expect(own).toMatchObject({ occurred_at: own?.recorded_at, self_reported: false, applied_at: null });
    await stage.apply(accountId);
    const [applied] = await stage.sql(
      'select applied_at from recorded_event where account_id = $1',
      accountId,
    );
    expect(applied?.applied_at).toBeInstanceOf(Date);
  });

  it('keeps the place that it has in its batch', async () => {
    const accountId = await stage.person();
    const eventIds = await stage.record(accountId, newType(), ...Array.from({ length: 50 }, () => ({})));
    const rows = await stage.sql(
      'select event_id from recorded_event where account_id = $1 order by position',
      accountId,
    );
    expect(rows.map(({ event_id }) => event_id)).toEqual(eventIds);
  });

  it('needs no more statements when it comes with 999 others', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const { accountId } = viewer;
    const count = async (events: number) => {
      const before = stage.statements.length;
      const batch = Array.from({ length: events }, () => event({ accountId, eventType }));
      const results = await recordEvents(viewer, batch);
      expect(results.every(({ outcome }) => outcome === 'ACCEPTED')).toBe(true);
      return stage.statements.slice(before).filter((name) => /^(recorder|event)/.test(name));
    };
    expect(await count(1_000)).toEqual(await count(1));
  });
});

describe('a repeat', () => {
  it('is a DUPLICATE and changes nothing, whatever else it says', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const { accountId } = viewer;
    const one = event({ accountId, eventType, data: { a: 1 } });
    await recordEvents(viewer, [one]);
    const before = await stage.sql('select * from recorded_event where event_id = $1', one.eventId);
    const repeats = [
      { ...one, data: { a: 2 } },
      { ...one, eventId: one.eventId.toUpperCase() },
      { ...one, eventType: 'Not A Type' },
      { ...one, timestamp: ago({ hours: 72 }) },
      { ...one, accountId: randomUUID() },
    ];
    for (const repeat of repeats) {
      const [result] = await recordEvents(viewer, [repeat]);
      expect(result).toEqual({ eventId: one.eventId, outcome: 'DUPLICATE', message: null });
    }
    expect(await stage.sql('select * from recorded_event where event_id = $1', one.eventId)).toEqual(before);
  });

  it('is one within a batch too, and the first counts', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const { accountId } = viewer;
    const one = event({ accountId, eventType, data: { first: true } });
    const other = event({ accountId, eventType });
    const batch = [one, other, { ...one, data: null }, { ...one, eventType: 'Not A Type' }];
    const results = await recordEvents(viewer, batch);
    expect(results.map(({ outcome }) => outcome)).toEqual(['ACCEPTED', 'ACCEPTED', 'DUPLICATE', 'DUPLICATE']);
    expect(await stage.sql(eventRows, one.eventId)).toMatchObject([{ data: { first: true } }]);
  });

  it('is none where it comes from another source', async () => {
    const [one, other, eventType] = [await service(), await service(), newType()];
    const same = event({ accountId: one.accountId, eventType });
    for (const viewer of [one, other]) {
      expect(await recordEvents(viewer, [same])).toMatchObject([{ outcome: 'ACCEPTED' }]);
    }
    expect(await stage.sql(eventRows, same.eventId)).toHaveLength(2);
  });

  it('is none where the id was rejected', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const good = event({ accountId: viewer.accountId, eventType });
    const bad = { ...good, timestamp: ago({ hours: 49 }) };
    const results = await recordEvents(viewer, [bad, bad, good, bad]);
    const outcomes = results.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['REJECTED', 'REJECTED', 'ACCEPTED', 'DUPLICATE']);
  });

  it('a hundred times at once counts once', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const { accountId } = viewer;
    const questId = await stage.quest({ eventType, goal: 2 });
    const one = event({ accountId, eventType });
    const all = await Promise.all(Array.from({ length: 100 }, () => recordEvents(viewer, [one])));
    expect(all.filter(([result]) => result?.outcome === 'ACCEPTED')).toHaveLength(1);
    expect(all.filter(([result]) => result?.outcome === 'DUPLICATE')).toHaveLength(99);
    await stage.apply(accountId);
    expect(await stage.progressOf(accountId, questId)).toMatchObject({ count: 1, completions: 0 });
  });

  it('in two batches at once, the one in the order of the other turned round, waits and never in a circle', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const { accountId } = viewer;
    const before = stage.statements.length;
    const batch = Array.from({ length: 300 }, () => event({ accountId, eventType }));
    const sent = Array.from({ length: 8 }, (_, index) => (index % 2 ? batch : batch.toReversed()));
    const all = await Promise.all(sent.map((events) => recordEvents(viewer, events)));
    const accepted = all.flat().filter(({ outcome }) => outcome === 'ACCEPTED');
    expect(new Set(accepted.map(({ eventId }) => eventId)).size).toBe(300);
    expect(accepted).toHaveLength(300);
    // A deadlock would have been retried.
    expect(stage.statements.slice(before).filter((name) => name === 'recorder.insert')).toHaveLength(8);
  });
});

describe('an event is rejected by itself', () => {
  const rejected = (message: string) => [{ outcome: 'REJECTED', message: expect.stringContaining(message) }];

  it.each([
    ['more than 48 hours old', { timestamp: ago({ hours: 48, minutes: 1 }) }, '48 hours'],
    ['more than 5 minutes ahead', { timestamp: ago({ minutes: -6 }) }, '5 minutes'],
    ['of no type that there can be', { eventType: 'Sign In' }, 'eventType'],
    ['with too much data', { data: { text: 'x'.repeat(16 * 1024) } }, 'data: Can have at most 16 KiB'],
    ['with data that cannot be stored', { data: { text: '\u0000' } }, 'data'],
    ['with too long a source', { metadata: { source: 'x'.repeat(101) } }, 'metadata.source'],
    ['of an unknown user', { accountId: '01900000-0000-7000-8000-000000000000' }, 'no such user'],
    ['of an id that is no user’s', { accountId: null }, 'no such user'],
  ])('%s', async (_, fields, message) => {
    const [viewer, eventType] = [await service(), newType()];
    const good = event({ accountId: viewer.accountId, eventType });
    const bad = { ...event({ accountId: viewer.accountId, eventType }), ...fields };
    const results = await recordEvents(viewer, [bad, good]);
    expect(results).toMatchObject([...rejected(message), { outcome: 'ACCEPTED' }]);
    expect(await stage.sql(eventRows, bad.eventId)).toEqual([]);
  });

  it('of a deleted user', async () => {
    const [viewer, accountId] = [await service(), await stage.person()];
    await stage.sql('update account set deleted_at = now(), email = null where id = $1', accountId);
    const results = await recordEvents(viewer, [event({ accountId, eventType: newType() })]);
    expect(results).toMatchObject(rejected('no such user'));
  });

  it('but not within the 48 hours and 5 minutes', async () => {
    const [viewer, eventType] = [await service(), newType()];
    const moments = [ago({ hours: 47, minutes: 59 }), ago({ minutes: -4.9 })];
    const batch = moments.map((timestamp) => event({ accountId: viewer.accountId, eventType, timestamp }));
    const results = await recordEvents(viewer, batch);
    expect(results).toMatchObject([{ outcome: 'ACCEPTED' }, { outcome: 'ACCEPTED' }]);
  });

  it('too many events are none', async () => {
    const viewer = await service();
    const { accountId } = viewer;
    const batch = Array.from({ length: 1_001 }, () => event({ accountId, eventType: newType() }));
    const refused = recordEvents(viewer, batch);
    await expect(refused).rejects.toThrow(ApiError);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await stage.sql('select from recorded_event where recorded_by = $1', accountId)).toEqual([]);
  });
});

describe('a person', () => {
  const notAsked = { outcome: 'REJECTED', message: 'No open quest lets people report events of this type.' };

  it('records what an open quest asks of people, marked as self-reported', async () => {
    const [viewer, eventType] = [await user(), newType()];
    await stage.quest({ eventType, selfReported: true });
    const one = event({ accountId: viewer.accountId, eventType });
    expect(await recordEvents(viewer, [one])).toMatchObject([{ outcome: 'ACCEPTED' }]);
    const stored = { selfReported: true, recordedBy: viewer.accountId };
    expect(await stage.sql(eventRows, one.eventId)).toMatchObject([stored]);
  });

  it.each([
    ['no quest', null],
    ['a quest that does not say so', {}],
    ['an archived one', { selfReported: true, archived: true }],
    ['one that has not begun', { selfReported: true, startsAt: ago({ minutes: -1 }) }],
    ['one that has ended', { selfReported: true, endsAt: ago({ minutes: 1 }) }],
  ])('does not record what %s asks for', async (_, fields) => {
    const [viewer, eventType] = [await user(), newType()];
    if (fields !== null) await stage.quest({ eventType, ...fields });
    const one = event({ accountId: viewer.accountId, eventType });
    expect(await recordEvents(viewer, [one])).toMatchObject([notAsked]);
  });

  it('records late what happened while the quest was open', async () => {
    const [viewer, eventType] = [await user(), newType()];
    const { accountId } = viewer;
    await stage.quest({
      eventType,
      selfReported: true,
      startsAt: ago({ hours: 3 }),
      endsAt: ago({ hours: 1 }),
    });
    const hours = [4, 2, 0.5].map((hours) => event({ accountId, eventType, timestamp: ago({ hours }) }));
    const results = await recordEvents(viewer, hours);
    expect(results).toMatchObject([notAsked, { outcome: 'ACCEPTED' }, notAsked]);
  });

  it('records for nobody else, and does not learn who exists', async () => {
    const [viewer, eventType] = [await user(), newType()];
    await stage.quest({ eventType, selfReported: true });
    const others = [await stage.person(), randomUUID(), null];
    const events = others.map((accountId) => event({ accountId, eventType }));
    const message = 'You can record events only for yourself.';
    const results = await recordEvents(viewer, events);
    expect(results).toMatchObject(others.map(() => ({ outcome: 'REJECTED', message })));
  });

  it('records no built-in type, even where a quest asks for it', async () => {
    const viewer = await user();
    await stage.quest({ eventType: 'post.created', selfReported: true });
    const one = event({ accountId: viewer.accountId, eventType: 'post.created' });
    expect(await recordEvents(viewer, [one])).toMatchObject([
      { outcome: 'REJECTED', message: 'Only the server records events of this type.' },
    ]);
  });

  it.each(['SERVICE', 'ADMIN'] as const)('with the role %s records any type for anyone', async (role) => {
    const viewer = { accountId: await stage.person({ role }), role };
    const accountId = await stage.person();
    const types = ['post.created', newType()];
    const events = types.map((eventType) => event({ accountId, eventType }));
    const results = await recordEvents(viewer, events);
    expect(results).toMatchObject([{ outcome: 'ACCEPTED' }, { outcome: 'ACCEPTED' }]);
    const rows = await stage.sql('select self_reported from recorded_event where account_id = $1', accountId);
    expect(rows).toEqual([{ self_reported: false }, { self_reported: false }]);
  });
});
