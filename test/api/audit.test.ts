import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { guessAudit } from '../../src/services/guess-audit.ts';
import { NoteBudget } from '../../src/services/note-budget.ts';
import {
  AuditEventsDocument,
  type AuditEventsQuery,
  DeleteAccountDocument,
  DeleteUserDocument,
  EventsDocument,
  SetRoleDocument,
  SignInDocument,
  SuspendAccountDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { captureLog } from '../kit/log.ts';
import type { Person } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp({ TRUST_PROXY: 'true' });
const { client, seed, site } = app;

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

/** Another browser at another address. */
const away = { 'user-agent': 'Away/2.0', 'x-forwarded-for': '203.0.113.9' };
const guess = (login: string, password: string) =>
  client.with(away).ask(SignInDocument, { input: { login, password } });

type AuditEvent = AuditEventsQuery['auditEvents']['nodes'][number];

/** The audit events of a person, oldest first. */
async function told({ id: userId }: Pick<Person, 'id'>): Promise<AuditEvent[]> {
  const { auditEvents } = await admin.client.run(AuditEventsDocument, { userId, first: 100 });
  return auditEvents.nodes.toReversed();
}

const actionsOf = (events: readonly AuditEvent[]) => events.map(({ action }) => action);
const setRole = ({ id: userId }: Person, role: 'USER' | 'SERVICE') =>
  admin.client.with(away).mutate(SetRoleDocument, { input: { userId, role } });
const suspend = ({ id: userId }: Person, suspended: boolean) =>
  admin.client.with(away).mutate(SuspendAccountDocument, { input: { userId, suspended } });

describe('the audit record', () => {
  test('tells of sign-up and sign-in, with the device', async () => {
    const person = await seed.user();
    await guess(person.email, person.password);
    const self = { id: person.id, username: person.username };
    expect(await told(person)).toMatchObject([
      {
        action: 'account.created',
        actor: self,
        subject: self,
        detail: { role: 'USER' },
        ipAddress: '127.0.0.1',
        userAgent: 'node',
      },
      {
        action: 'session.started',
        actor: self,
        subject: self,
        detail: { first: true },
        ipAddress: '203.0.113.9',
        userAgent: 'Away/2.0',
      },
    ]);
    const { events } = await admin.client.run(EventsDocument, { userId: person.id });
    const device = { ipAddress: '203.0.113.9', userAgent: 'Away/2.0' };
    expect(events.nodes.map(({ eventType, data }) => [eventType, data])).toEqual([
      ['user.signed_in', { first: true, ...device }],
      ['user.signed_up', {}],
    ]);
  });

  test('tells of each wrong password, and once of those that were not looked at', async () => {
    const person = await seed.user();
    for (let tried = 0; tried < 15; tried++) await guess(person.username, 'not theirs at all');
    await guess(person.email, person.password);
    const events = (await told(person)).slice(1);
    expect(actionsOf(events)).toEqual([...Array(10).fill('session.refused'), 'session.throttled']);
    for (const event of events)
      expect(event).toMatchObject({
        actor: null,
        subject: { id: person.id },
        detail: null,
        ipAddress: '203.0.113.9',
        userAgent: 'Away/2.0',
      });
  });

  test('tells of a wrong password of a login that nobody has, without the login', async () => {
    const login = unique('nobody');
    await guess(login, 'not theirs at all');
    const { auditEvents } = await admin.client.run(AuditEventsDocument, { first: 1 });
    expect(auditEvents.nodes).toMatchObject([
      { action: 'session.refused', actor: null, subject: null, detail: null, ipAddress: '203.0.113.9' },
    ]);
    expect(await site.contents('audit_event', 'audit_origin')).not.toContain(login);
  });

  test('tells of so many a minute that one address fails with, known logins or not, and counts the others', async () => {
    const lone = await startApp({ TRUST_PROXY: 'true' });
    const device = { ipAddress: '2001:db8:1:2::1', userAgent: null };
    const clock = { now: Date.now() };
    const note = guessAudit(
      await lone.site.database(),
      pino({ level: 'silent' }),
      new NoteBudget({ now: () => clock.now }),
    );
    const { id } = await lone.seed.user();
    const fail = (subjectId: string | null, ipAddress = device.ipAddress) =>
      note({ action: 'session.refused', actorId: null, subjectId, device: { ...device, ipAddress } });
    for (let tried = 0; tried < 70; tried++)
      await fail(tried % 2 ? parseId(id).uuid : null, `2001:db8:1:2::${tried}`);
    await fail(null, '192.0.2.1');
    clock.now += 60_000;
    await fail(null);
    const rows = await lone.site.sql(
      `select detail from audit_event where action = 'session.refused' order by id`,
    );
    expect(rows).toEqual([...Array(61).fill({ detail: null }), { detail: { leftOut: 10 } }]);
  });

  test('tells of a wrong password of who is signed in as theirs', async () => {
    const person = await seed.user();
    await person.client.refused(DeleteAccountDocument, { input: { password: 'not theirs at all' } });
    expect((await told(person)).at(-1)).toMatchObject({
      action: 'session.refused',
      actor: { id: person.id },
      subject: { id: person.id },
    });
  });

  test('answers as ever where it cannot be written, and says so in the log', async () => {
    const broken = await startApp({ LOG_LEVEL: 'error' });
    const { username } = await broken.seed.user();
    await broken.site.sql(
      'alter table audit_origin add constraint broken check (ip_address is null) not valid',
    );
    const lines = captureLog(broken);
    for (const login of [username, unique('nobody')])
      expect(
        await broken.client.refused(SignInDocument, { input: { login, password: 'not theirs at all' } }),
      ).toEqual([['CREDENTIALS_INVALID', null]]);
    expect(lines).toMatchObject(Array(2).fill({ action: 'session.refused' }));
    expect(JSON.stringify(lines)).not.toContain('not theirs at all');
  });

  test('tells what an admin did, once for what had an effect', async () => {
    const person = await seed.user();
    await setRole(person, 'SERVICE');
    await setRole(person, 'SERVICE');
    await suspend(person, true);
    await suspend(person, true);
    await suspend(person, false);
    await admin.client.with(away).mutate(DeleteUserDocument, { input: { userId: person.id } });
    const by = {
      actor: { id: admin.id },
      subject: { id: person.id },
      ipAddress: '203.0.113.9',
      userAgent: 'Away/2.0',
    };
    expect((await told(person)).slice(1)).toMatchObject([
      { action: 'role.changed', detail: { from: 'USER', to: 'SERVICE' }, ...by },
      { action: 'account.suspended', detail: null, ...by },
      { action: 'account.readmitted', detail: null, ...by },
      { action: 'account.deleted', detail: null, ...by },
    ]);
    expect(actionsOf(await told(admin))).toContain('account.deleted');
  });

  test('has nothing of what was refused', async () => {
    const lone = await startApp();
    const only = await lone.seed.admin();
    const userId = only.id;
    expect(await only.client.refused(SetRoleDocument, { input: { userId, role: 'USER' } })).toHaveLength(1);
    expect(
      await only.client.refused(SuspendAccountDocument, { input: { userId, suspended: true } }),
    ).toHaveLength(1);
    expect(await only.client.refused(DeleteUserDocument, { input: { userId } })).toHaveLength(1);
    const rows = await lone.site.sql<{ action: string }>('select action from audit_event order by id');
    expect(rows.map(({ action }) => action)).toEqual(['account.created', 'session.started']);
  });

  test('keeps what a deleted person did, and forgets from where, and who tried to be them', async () => {
    const person = await seed.user();
    await guess(person.username, person.password);
    await guess(person.username, 'not theirs at all');
    await setRole(person, 'SERVICE');
    const again = await seed.signIn(person);
    await again.client.with(away).mutate(DeleteAccountDocument, { input: { password: person.password } });
    const events = await told(person);
    expect(actionsOf(events)).toEqual([
      'account.created',
      'session.started',
      'session.refused',
      'role.changed',
      'session.started',
      'account.deleted',
    ]);
    for (const { action, actor, ipAddress, userAgent } of events) {
      const byAdmin = actor?.id === admin.id;
      expect([action, ipAddress, userAgent]).toEqual([
        action,
        ...(byAdmin ? ['203.0.113.9', 'Away/2.0'] : [null, null]),
      ]);
    }
    expect(events.at(-1)?.subject?.username).toMatch(/^deleted-/);
    const rows = await site.sql<{ row: string }>(
      'select e::text as row from audit_event e where $1 in (actor_id, subject_id)',
      parseId(person.id).uuid,
    );
    for (const { row } of rows) {
      expect(row).not.toContain(person.username);
      expect(row).not.toContain('203.0.113.9');
    }
  });

  test('does not say from where, of a guess that was under way while its account was deleted', async () => {
    const [gone, person] = [await seed.user(), await seed.user()];
    await gone.client.mutate(DeleteAccountDocument, { input: { password: gone.password } });
    const note = guessAudit(await site.database(), pino({ level: 'silent' }));
    const device = { ipAddress: '203.0.113.9', userAgent: 'Away/2.0' };
    for (const { id } of [gone, person])
      await note({ action: 'session.refused', actorId: null, subjectId: parseId(id).uuid, device });
    expect((await told(gone)).at(-1)).toMatchObject({
      action: 'session.refused',
      ipAddress: null,
      userAgent: null,
    });
    expect((await told(person)).at(-1)).toMatchObject({ action: 'session.refused', ...device });
  });
});
