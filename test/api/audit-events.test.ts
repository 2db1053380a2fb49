import { beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import type { Statement } from '../../src/database/statement.ts';
import { newUuid, parseId, toId } from '../../src/domain/ids.ts';
import { createLoaders } from '../../src/loaders/loaders.ts';
import {
  AuditEventsDocument,
  NodeDocument,
  SetRoleDocument,
  SignInDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { idsOf, List, type PageArguments } from '../kit/list.ts';
import type { Person } from '../kit/seed.ts';
import { statements } from '../kit/statements.ts';
import { present } from '../kit/unique.ts';

const app = await startApp();
const { client, seed, site } = app;

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const guessAt = ({ username: login }: Person) =>
  client.ask(SignInDocument, { input: { login, password: 'not theirs at all' } });
const setRole = ({ id: userId }: Person, role: 'USER' | 'SERVICE') =>
  admin.client.mutate(SetRoleDocument, { input: { userId, role } });
/** The audit events of a person, newest first. */
const told = async ({ id: userId }: Person) =>
  (await admin.client.run(AuditEventsDocument, { userId, first: 100 })).auditEvents.nodes;

describe('auditEvents', () => {
  test('goes both ways, of all and of one, whose events are what was done to them and by them', async () => {
    const person = await seed.user();
    for (let tried = 0; tried < 4; tried++) await guessAt(person);
    await seed.signIn(person);
    const events = await told(person);
    expect(events.map(({ action }) => action)).toEqual([
      'session.started',
      ...Array(4).fill('session.refused'),
      'account.created',
    ]);
    const ids = events.map(({ id }) => id);
    const filter = `, userId: "${person.id}"`;
    const list = new List(admin.client, 'auditEvents');
    const pages = async (given: PageArguments) => {
      const found: string[] = [];
      let page = await list.page(given);
      found.push(...idsOf(page));
      while (page.pageInfo.hasNextPage) {
        page = await list.page({ ...given, after: page.pageInfo.endCursor });
        found.push(...idsOf(page));
      }
      return found;
    };
    expect(await pages({ first: 2, filter })).toEqual(ids);
    expect((await list.page({ filter })).totalCount).toBe(ids.length);
    const last = await list.page({ last: 2, filter });
    expect(idsOf(last)).toEqual(ids.slice(-2));
    const { startCursor: before } = last.pageInfo;
    expect(idsOf(await list.page({ last: 3, before, filter }))).toEqual(ids.slice(-5, -2));
    expect((await pages({ first: 7 })).filter((id) => ids.includes(id))).toEqual(ids);
    // A cursor of the whole list is valid in a filtered list.
    const whole = await list.page({ first: 1 });
    const rest = await list.page({ first: 10, after: whole.pageInfo.endCursor, filter });
    expect(idsOf(rest)).toEqual(ids.filter((id) => id !== idsOf(whole)[0]));
  });

  test('is empty for an id of something else, and refuses what is none', async () => {
    const list = new List(admin.client, 'auditEvents');
    expect(await list.page({ filter: `, userId: "${admin.accountId}"` })).toMatchObject({
      totalCount: 0,
      nodes: [],
    });
    expect(await list.fails({ filter: ', userId: "user_1"' })).toEqual(['BAD_USER_INPUT']);
  });

  test('costs one statement for the page, one for its people, one for the count', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => seed.user()));
    for (const person of people) await setRole(person, 'SERVICE');
    await site.settled();
    const work = (variables: object) => () =>
      admin.client.run(AuditEventsDocument, { first: 50, ...variables });
    expect(await statements(app, work({}))).toEqual({
      'auditEvents.newest.first': 1,
      'auditEvents.count.': 1,
      'user.byId': 1,
    });
    expect(await statements(app, work({ userId: admin.id }))).toEqual({
      'auditEvents.ofAccount.newest.first': 1,
      'auditEvents.ofAccount.count.': 1,
      'user.byId': 1,
    });
  });

  test('reads its pages by indexes, among 200,000 events', async () => {
    const { site: large, seed: people } = await startApp();
    const [person, other] = await Promise.all([people.user(), people.user()]);
    const uuid = parseId(person.id).uuid;
    await large.sql(
      `insert into audit_event (action, actor_id, subject_id, created_at)
      select 'test', case when n % 3 = 0 then $1::uuid end,
        case when n % 2 = 0 then $2::uuid when n % 5 = 0 then $1 end, now() - n * interval '1 second'
      from generate_series(1, 200000) n`,
      uuid,
      parseId(other.id).uuid,
    );
    await large.sql('analyze audit_event');
    const queries: Statement<unknown>[] = [];
    const values: (readonly unknown[])[] = [];
    const db: Db = {
      async query(statement, given = []) {
        queries.push(statement);
        values.push(given);
        return [];
      },
    };
    const { auditEvents, auditEventsOfAccount } = createLoaders(db, () => null);
    const { pageInfo } = await new List(admin.client, 'auditEvents').page({ first: 1 });
    const page = { limit: 100, backward: false, after: present(pageInfo.endCursor) };
    await auditEvents.connection({ page, order: 'newest' });
    await auditEventsOfAccount.connection({ page, order: 'newest', values: [uuid] });

    const plans = await Promise.all(
      queries.map(async ({ text }, at) => {
        const rows = await large.sql<{ 'QUERY PLAN': string }>(
          `explain (analyze, timing off) ${text}`,
          ...(values[at] ?? []),
        );
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      }),
    );
    expect(plans[0]).toContain('audit_event_created_at_idx');
    expect(plans[1]).toContain('audit_event_subject_id_idx');
    expect(plans[1]).toContain('audit_event_actor_id_idx');
    for (const plan of plans) {
      const read = [...plan.matchAll(/ on audit_event\b.*actual rows=([\d.]+)/g)].map(([, rows]) =>
        Number(rows),
      );
      expect(read.length).toBeGreaterThan(0);
      expect(Math.max(...read)).toBeLessThanOrEqual(102);
    }
  });

  test('has its events as nodes, for admins alone', async () => {
    const person = await seed.user();
    const [created] = await told(person);
    const id = present(created).id;
    expect(await admin.client.run(NodeDocument, { id })).toMatchObject({
      node: { id, __typename: 'AuditEvent' },
    });
    const unknown = toId('audit', newUuid());
    expect(await admin.client.run(NodeDocument, { id: unknown })).toEqual({ node: null });
    for (const other of [client, person.client, (await seed.service()).client]) {
      expect(await other.run(NodeDocument, { id })).toEqual({ node: null });
      const { errors } = (await other.ask(AuditEventsDocument, {})).body;
      expect(codesOf(errors)).toEqual([other === client ? 'UNAUTHENTICATED' : 'FORBIDDEN']);
    }
  });
});
