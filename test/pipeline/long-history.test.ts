import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { transaction } from '../../src/database/transaction.ts';
import { Stage } from './stage.ts';
import { must, newType } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

const first = Date.parse('2026-03-01T00:00:00Z');

/** 5,000 events on each of two days, as though they had arrived in order and been applied long ago. */
async function twoLongDays(accountId: string, questId: string, eventType: string): Promise<void> {
  await stage.sql(
    `with made as (
      insert into recorded_event (recorded_by, event_id, event_type, account_id, occurred_at, time_zone, local_date,
        applied_at)
      select $1, gen_random_uuid(), $3, $1, to_timestamp($4) + day * interval '1 day' + n * interval '15 seconds', 'UTC',
        to_char(date '2026-03-01' + day, 'YYYY-MM-DD'), now()
      from generate_series(0, 1) as day, generate_series(0, 4999) as n
      returning *
    )
    insert into quest_progress_event (quest_id, account_id, occurred_at, event_id, recorded_event_id, time_zone,
      local_date)
    select $2, account_id, occurred_at, event_id, id, time_zone, local_date from made`,
    ...[accountId, questId, eventType, first / 1_000],
  );
  await stage.sql(
    `insert into quest_progress (quest_id, account_id, count, period, latest_at, latest_event_id, latest_time_zone)
    select quest_id, account_id, 5000, local_date, occurred_at, event_id, time_zone from quest_progress_event
    where quest_id = $1 order by occurred_at desc, event_id desc limit 1`,
    questId,
  );
}

it('200 late events after 10,000 read the history once a batch, and bring about what each by itself would', async () => {
  const [accountId, eventType] = [await stage.person(), newType()];
  const questId = await stage.quest({ eventType, cadence: 'DAILY', goal: 5_150 });
  await twoLongDays(accountId, questId, eventType);
  const late = Array.from({ length: 200 }, (_, n) => ({
    ...{
      eventId: randomUUID(),
      eventType,
      accountId,
      timeZone: 'UTC',
      data: null,
      source: null,
      version: null,
    },
    occurredAt: new Date(first + ((n * 7_919) % 75_000) * 1_000),
  }));
  const source = { recordedBy: accountId, selfReported: false };
  await transaction(stage.database, (tx) => stage.recorder.record(tx, source, late));
  const before = stage.statements.length;
  await stage.apply(accountId);
  const sent = stage.statements.slice(before);
  expect(sent.filter((name) => name === 'pipeline.upsert_progress')).toHaveLength(2);
  expect(sent.filter((name) => name === 'pipeline.history.open')).toHaveLength(2);
  // The 150th of them reaches the goal; later ones do not count.
  const [completion, ...others] = await stage.completionsOf(accountId, questId);
  const [expected] = await stage.sql<{ ids: string[] }>(
    `select array_agg(event_id order by occurred_at, event_id) as ids from quest_progress_event
    where quest_id = $1 and local_date = '2026-03-01' and event_id <> all($2)`,
    questId,
    late.slice(150).map(({ eventId }) => eventId),
  );
  expect(others).toEqual([]);
  expect(completion).toMatchObject({ ordinal: 1, runLength: 5_150 });
  expect(must(completion).eventIds).toEqual(must(expected).ids);
  const progress = { count: 5_000, completions: 1, period: '2026-03-02', completed: false };
  expect(await stage.progressOf(accountId, questId)).toEqual(progress);
});
