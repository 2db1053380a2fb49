import { randomUUID } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { expect, test, vi } from 'vitest';
import { parseId, toId } from '../../src/domain/ids.ts';
import { startApp } from '../kit/app.ts';
import { type Answer, type Client, codesOf } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import type { Seed } from '../kit/seed.ts';

// Without workers: the events of 600 people would take them ten seconds.
const app = await startApp({
  ROLE: 'api',
  ACCESS_TOKEN_TTL: '3000d',
  LIMIT_ALIASES: '0',
  LIMIT_COST: '0',
  LIMIT_TOKENS: '0',
});
const { seed, site } = app;

/** Names of ICU that its list of zones omits and PostgreSQL does not know. */
const ofIcuAlone = [
  'US/Pacific-New',
  'Canada/East-Saskatchewan',
  'SystemV/PST8',
  'SystemV/EST5EDT',
  'ACT',
  'VST',
];

/** Names that look like zones but are not in IANA's database; PostgreSQL accepts some of them. */
const noZones = [
  'Factory',
  'localtime',
  'posixrules',
  'posix/UTC',
  'right/UTC',
  'Etc/Unknown',
  'IST',
  'CST',
  'BST',
].concat([
  'PST8',
  'EST5',
  '+02',
  '-03:00',
  'UTC+1',
  'GMT-5',
  'Z',
  'Europe',
  'Europe/',
  '<+02>-2',
  'Mars/Olympus',
]);

/** Every name of a zone or an abbreviation that PostgreSQL knows, that Node lists, or that only ICU has. */
const names = await allNames();

/** Instants near a clock change, the start of a year, a week-year or a leap day, or a date that is skipped or short. */
const instants = [
  '2011-12-30T09:59:00Z',
  '2024-04-25T21:59:59Z',
  '2026-03-08T09:59:59Z',
  '2026-03-29T00:59:00Z',
  '2026-04-04T14:59:00Z',
  '2026-10-25T01:00:00Z',
  '2026-11-01T05:59:59Z',
  '2027-01-03T23:30:00Z',
  '2027-12-31T11:30:00Z',
  '2028-02-29T12:00:00Z',
];

test('each name is refused by updateProfile, or works in every query and for every event', async () => {
  expect(names.length).toBeGreaterThan(640);
  const taken = new Map(
    await inSlices(names, 100, async (slice) => tryZones((await seed.user()).client, slice)),
  );
  const accepted = [...new Set([...taken].flatMap(([, zone]) => zone ?? []))];
  expect(accepted.length).toBeGreaterThan(590);
  expect(taken.get('US/Pacific-New')).toBe('US/Pacific-New');
  expect([...taken.values()].filter((zone) => zone === undefined)).toEqual([]);
  expect(noZones.filter((name) => taken.get(name) !== null)).toEqual([]);

  const accounts = await accountsIn(accepted);
  const { eventType } = await questsOfEachCadence(seed);
  const { client } = await seed.service();
  const results = await inSlices(accounts, 500, (slice) => recordFor(client, slice, eventType));
  expect(new Set(results)).toEqual(new Set(['ACCEPTED']));
  await progressOf(accounts);
  const admin = await seed.admin();
  const read = await readAll(admin.client, accounts);
  expect(read.map(({ timeZone }) => timeZone)).toEqual(accepted);
  await nothingWaits();
  for (const instant of instants) await agrees(admin.client, accounts, new Date(instant));
}, 120_000);

test('a zone that this server does not know, as a newer one may have stored it, fails nobody’s list', async () => {
  const { seed, site } = await startApp();
  const { id, accountId } = await seed.user();
  await site.sql(`update account set time_zone = 'Mars/Olympus' where id = $1`, parseId(accountId).uuid);
  const { eventType } = await questsOfEachCadence(seed);
  await seed.event({ id }, eventType);
  await site.settled();
  const admin = await seed.admin();
  const [read] = await readAll(admin.client, [{ accountId, id, uuid: '', zone: '' }]);
  const state = 'COMPLETED';
  expect(read).toMatchObject({
    active: { nodes: [] },
    completed: { nodes: [{ state }, { state }, { state }] },
  });
});

interface Somebody {
  readonly uuid: string;
  readonly accountId: string;
  readonly id: string;
  readonly zone: string;
}

interface States {
  readonly nodes: readonly { readonly state: string }[];
}

interface ReadAccount {
  readonly timeZone: string;
  readonly active: States;
  readonly completed: States;
}

/** The zone that the account now has, or null if it was refused; undefined if neither is the case. */
async function tryZones(client: Client, slice: readonly string[]) {
  const fields = slice.map(
    (name, n) =>
      `z${n}: updateProfile(input: { timeZone: ${JSON.stringify(name)} }) { account { timeZone } userErrors { code field } }`,
  );
  const body = await ask<Record<string, Updated>>(client, { query: `mutation { ${fields.join(' ')} }` });
  expect(body.errors).toBeUndefined();
  return slice.map((name, n) => [name, zoneOf(body.data?.[`z${n}`])] as const);
}

interface Updated {
  readonly account: { readonly timeZone: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] }[];
}

function zoneOf(updated: Updated | undefined): string | null | undefined {
  if (updated?.account) return updated.account.timeZone;
  const [error] = updated?.userErrors ?? [];
  return error?.code === 'INVALID' && error.field.join('.') === 'input.timeZone' ? null : undefined;
}

/** One person in each zone, inserted directly to avoid hashing passwords. */
async function accountsIn(zones: readonly string[]): Promise<Somebody[]> {
  const made = await site.sql<{ uuid: string; zone: string }>(
    `with made as (
      insert into account (username, email, display_name, time_zone)
      select 'zone' || place, 'zone' || place || '@example.com', zone, zone
      from unnest($1::text[]) with ordinality as given (zone, place) returning id, time_zone
    ), purses as (insert into wallet (id, account_id) select id, id from made)
    select id as uuid, time_zone as zone from made`,
    zones,
  );
  const byZone = new Map(made.map((row) => [row.zone, row.uuid]));
  return zones.map((zone) => {
    const uuid = byZone.get(zone) ?? '';
    return { uuid, zone, accountId: toId('account', uuid), id: toId('user', uuid) };
  });
}

async function questsOfEachCadence(seed: Seed) {
  const { eventType } = await seed.quest({ cadence: 'DAILY' });
  await seed.quest({ eventType, cadence: 'WEEKLY' });
  await seed.quest({ eventType, cadence: 'MONTHLY' });
  return { eventType };
}

/** Inserts what events would have left: each person has completed the period of each quest once. */
async function progressOf(accounts: readonly Somebody[]): Promise<void> {
  await site.sql(
    `insert into quest_progress (quest_id, account_id, completions, period, period_completed)
    select q.id, a.id, 1, '1970-01-01', true from quest q, unnest($1::uuid[]) as a (id)`,
    accounts.map(({ uuid }) => uuid),
  );
  await site.sql('analyze');
}

/** Marks all events as applied: an answer waits for the reader's own events, which nobody applies here. */
async function nothingWaits(): Promise<void> {
  await site.sql('update recorded_event set applied_at = now() where applied_at is null');
}

async function recordFor(client: Client, slice: readonly Somebody[], eventType: string) {
  const timestamp = new Date().toISOString();
  const events = slice.map(({ id: userId }) => ({ eventId: randomUUID(), eventType, timestamp, userId }));
  const query = `mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }`;
  const { body } = await client.post<{ recordEvents: { results: readonly { outcome: string }[] } }>({
    query,
    variables: { events },
  });
  return (body.data?.recordEvents.results ?? []).map(({ outcome }) => outcome);
}

const reading = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Account { timeZone
  active: questProgress(states: [ACTIVE]) { nodes { state } }
  completed: questProgress(states: [COMPLETED]) { nodes { state } } } } }`;

async function readAll(client: Client, accounts: readonly Somebody[]): Promise<readonly ReadAccount[]> {
  return inSlices(accounts, 50, async (slice) => {
    const ids = slice.map(({ accountId }) => accountId);
    const body = await ask<{ nodes: readonly ReadAccount[] }>(client, { query: reading, variables: { ids } });
    expect(body.errors).toBeUndefined();
    return body.data?.nodes ?? [];
  });
}

/**
 * At this moment, every second person has just completed the present period, and the others the previous one. Checks
 * that filter and state say so, and that Temporal agrees.
 */
async function agrees(client: Client, accounts: readonly Somebody[], now: Date): Promise<void> {
  const labels = accounts.map(({ zone }, n) => labelsAt(now, zone, n % 2 === 1));
  await site.sql(
    `update quest_progress p set period = case q.cadence when 'DAILY' then l.day when 'WEEKLY' then l.week else l.month end
    from quest q, unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as l (account_id, day, week, month)
    where q.id = p.quest_id and p.account_id = l.account_id`,
    accounts.map(({ uuid }) => uuid),
    labels.map(({ day }) => day),
    labels.map(({ week }) => week),
    labels.map(({ month }) => month),
  );
  vi.useFakeTimers({ toFake: ['Date'], now });
  try {
    const read = await readAll(client, accounts);
    const wrong = read.flatMap(({ timeZone, active, completed }, n) => {
      const states = [...active.nodes.map(({ state }) => `ACTIVE: ${state}`)].concat(
        completed.nodes.map(({ state }) => `COMPLETED: ${state}`),
      );
      const wanted = n % 2 === 1 ? 'ACTIVE: ACTIVE' : 'COMPLETED: COMPLETED';
      const isRight = states.length === 3 && states.every((state) => state === wanted);
      return isRight ? [] : [`${timeZone} at ${now.toISOString()}: ${states}`];
    });
    expect(wrong).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
}

/** The labels according to Temporal alone; with `before`, those of the previous periods. */
function labelsAt(now: Date, zone: string, before: boolean) {
  const date = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate();
  const [day, week, month] = before
    ? [date.subtract({ days: 1 }), date.subtract({ weeks: 1 }), date.subtract({ months: 1 })]
    : [date, date, date];
  return {
    day: day.toString(),
    week: `${week.yearOfWeek}-W${String(week.weekOfYear).padStart(2, '0')}`,
    month: month.toPlainYearMonth().toString(),
  };
}

/** Repeats a request if a slow machine had no time for it; it may then be executed twice. */
function ask<R>(client: Client, request: object): Promise<Answer<R>['body']> {
  return eventually(async () => {
    const { body } = await client.post<R>(request);
    expect(codesOf(body.errors)).not.toContain('SERVICE_UNAVAILABLE');
    return body;
  });
}

async function allNames(): Promise<string[]> {
  const known = await site.sql<{ name: string }>(
    'select name from pg_timezone_names union select abbrev from pg_timezone_abbrevs',
  );
  const fromBoth = [...known.map(({ name }) => name), ...Intl.supportedValuesOf('timeZone')];
  return [...new Set([...fromBoth, ...ofIcuAlone, ...noZones])].sort();
}

async function inSlices<Item, Result>(
  items: readonly Item[],
  size: number,
  work: (slice: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += size) {
    results.push(...(await work(items.slice(from, from + size))));
  }
  return results;
}
