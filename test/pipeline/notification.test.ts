import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NotificationService } from '../../src/services/notification.service.ts';
import { Stage } from './stage.ts';
import { must, newType } from './vocabulary.ts';

let stage: Stage;
let notifications: NotificationService;
beforeAll(async () => {
  stage = await Stage.open();
  notifications = new NotificationService(stage.database);
});
afterAll(() => stage[Symbol.asyncDispose]());

/** A person with three unread notifications. */
async function notified() {
  const [accountId, eventType] = [await stage.person(), newType()];
  await stage.quest({ eventType });
  await stage.happen(accountId, eventType, {}, {}, {});
  const select = 'select id from notification where account_id = $1 order by id';
  const rows = await stage.sql<{ id: string }>(select, accountId);
  return { accountId, ids: rows.map(({ id }) => id) };
}

it('marks those that are named, and counts what is left', async () => {
  const { accountId, ids } = await notified();
  expect(await notifications.markRead({ accountId }, [must(ids[0])])).toBe(2);
  const select = 'select read_at from notification where id = $1';
  const before = await stage.sql(select, ids[0]);
  expect(await notifications.markRead({ accountId }, [must(ids[0]), randomUUID()])).toBe(2);
  expect(await stage.sql(select, ids[0])).toEqual(before);
  expect(await notifications.markRead({ accountId }, [])).toBe(2);
  expect(await notifications.markRead({ accountId }, null)).toBe(0);
});

it('passes over those of others', async () => {
  const [mine, theirs] = [await notified(), await notified()];
  expect(await notifications.markRead({ accountId: mine.accountId }, theirs.ids)).toBe(3);
  expect(await notifications.markRead({ accountId: mine.accountId }, null)).toBe(0);
  expect(await notifications.markRead({ accountId: theirs.accountId }, [])).toBe(3);
});
