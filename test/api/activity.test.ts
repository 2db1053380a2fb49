import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  CreateQuestDocument,
  DeleteAccountDocument,
  RecordEventsDocument,
  RefreshSessionDocument,
  UpdateProfileDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { present } from '../kit/unique.ts';

const app = await startApp();
const { seed, site } = app;
// Another process of the installation, without Redis: only PostgreSQL knows what both recorded.
const other = await startApp({ REDIS_URL: '' }, site);

const activeOf = ({ accountId }: Pick<Person, 'accountId'>) =>
  site.sql<{ localDate: string; timeZone: string }>(
    `select local_date as "localDate", time_zone as "timeZone" from recorded_event
    where event_type = 'user.active' and account_id = $1 order by position`,
    parseId(accountId).uuid,
  );

const untilActive = (person: Person, count: number) =>
  eventually(async () => {
    const events = await activeOf(person);
    expect(events).toHaveLength(count);
    return events;
  });

const authorizationOf = ({ accessToken }: Person) => ({ authorization: `Bearer ${accessToken}` });

/** Activity is recorded in the background: a later person's activity shows that nothing more is pending. */
async function nothingMore(client: Client = app.client) {
  const last = await seed.user();
  await client.as(last).run(ViewerDocument);
  await untilActive(last, 1);
}

describe('user.active', () => {
  test('is recorded once for a day, by however many requests, sockets and processes', async () => {
    const person = await seed.user();
    const clients = [person.client, other.client.as(person)];
    await Promise.all(
      Array.from({ length: 5 }, () => clients.map((client) => client.run(ViewerDocument))).flat(),
    );
    await Promise.all(clients.map((client) => Socket.acknowledged(client, authorizationOf(person))));
    const [event] = await untilActive(person, 1);
    await nothingMore(app.client);
    await nothingMore(other.client);
    expect(await activeOf(person)).toEqual([event]);
    expect(event).toEqual({ localDate: new Date().toISOString().slice(0, 10), timeZone: 'UTC' });
  });

  const ways: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
    'a query over HTTP': ({ client }) => client.run(ViewerDocument),
    'a socket': (person) => Socket.acknowledged(app, authorizationOf(person)),
    'an operation over a socket': ({ client }) => openLive(client).run(ViewerDocument),
    'a renewal by refreshSession': ({ refreshToken }) =>
      app.client.mutate(RefreshSessionDocument, { input: { refreshToken } }),
    'a renewal by ping': async (person) => {
      const socket = await Socket.acknowledged(other, authorizationOf(person));
      socket.send({ type: 'ping', payload: authorizationOf(person) });
      await socket.receive('pong');
    },
  };
  test.each(Object.entries(ways))('is recorded at %s', async (_, come) => {
    const person = await seed.user();
    expect(await activeOf(person)).toEqual([]);
    await come(person);
    await untilActive(person, 1);
  });

  test('is recorded once more when a change of zone makes it another day, and not for the day before again', async () => {
    const person = await seed.user({ timeZone: 'Etc/GMT+12' });
    const moveTo = (timeZone: string) => person.client.mutate(UpdateProfileDocument, { input: { timeZone } });
    await person.client.run(ViewerDocument);
    const [west] = await untilActive(person, 1);
    await moveTo('Pacific/Kiritimati');
    const [, east] = await untilActive(person, 2);
    expect(present(east).timeZone).toBe('Pacific/Kiritimati');
    expect(present(east).localDate > present(west).localDate).toBe(true);
    await moveTo('Etc/GMT+12');
    await moveTo('Pacific/Kiritimati');
    await nothingMore();
    expect(await activeOf(person)).toHaveLength(2);
  });

  test('is not recorded for a token that is bad, nor for whoever deleted their account', async () => {
    const person = await seed.user();
    await person.client.mutate(DeleteAccountDocument, { input: { password: person.password } });
    expect(await person.client.fails(ViewerDocument)).toEqual(['UNAUTHENTICATED']);
    await nothingMore();
    expect(await activeOf(person)).toEqual([]);
  });

  test('costs no statement once it is recorded', async () => {
    const person = await seed.user();
    await person.client.run(ViewerDocument);
    await untilActive(person, 1);
    const before = await askedForActivity(app.url);
    for (let n = 0; n < 30; n++) await person.client.run(ViewerDocument);
    // Two statements; each may be sent again if a new quarter of an hour has just begun.
    expect((await askedForActivity(app.url)) - before).toBeLessThanOrEqual(2);
  });

  test('is recorded by a later request of the day where PostgreSQL refused it; requests go on meanwhile', async () => {
    const person = await seed.user();
    await site.sql(
      `alter table recorded_event add constraint refusal check (event_type <> 'user.active') not valid`,
    );
    try {
      const before = await askedForActivity(app.url);
      await person.client.run(ViewerDocument);
      await eventually(async () => (await askedForActivity(app.url)) > before);
      await person.client.run(ViewerDocument);
      expect(await activeOf(person)).toEqual([]);
    } finally {
      await site.sql('alter table recorded_event drop constraint refusal');
    }
    await eventually(async () => {
      await person.client.run(ViewerDocument);
      return (await activeOf(person)).length === 1;
    });
  });

  test('moves quests, and nobody can report it for themselves', async () => {
    const admin = await seed.admin();
    const quest = await seed.quest({
      eventType: 'user.active',
      kind: 'STREAK',
      cadence: 'DAILY',
      maxCompletions: null,
    });
    const person = await seed.user();
    const { client } = person;
    await client.run(ViewerDocument);
    const completed = `select from quest_completion where account_id = $1 and quest_id = $2`;
    await eventually(
      async () =>
        (await site.sql(completed, parseId(person.accountId).uuid, parseId(quest.id).uuid)).length === 1,
    );
    const input = { name: 'Q', eventType: 'user.active', selfReported: true };
    expect(await admin.client.refused(CreateQuestDocument, { input })).toEqual([
      ['INVALID', 'input.selfReported'],
    ]);
    const event = { eventId: randomUUID(), eventType: 'user.active', timestamp: new Date().toISOString() };
    const { results } = await client.mutate(RecordEventsDocument, { input: { events: [event] } });
    expect(results.map(({ outcome }) => outcome)).toEqual(['REJECTED']);
  });
});

async function askedForActivity(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^questline_database_statements_total\{statement="activity\.\w+"\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
