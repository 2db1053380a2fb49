import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { RecordEventsDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { extent } from '../kit/extent.ts';
import type { Person } from '../kit/seed.ts';
import { type ServerProcess, startProcess } from '../kit/server-process.ts';
import { unique } from '../kit/unique.ts';

const people = 10;
const { eventsOfEach, kills } = extent({
  short: { eventsOfEach: 400, kills: 3 },
  long: { eventsOfEach: 1_000, kills: 5 },
});
const goal = 3;
const gold = 2;

test('a worker that is killed while it applies thousands of events leaves each of them applied exactly once', async () => {
  const app = await startApp({ ROLE: 'api' });
  const eventType = unique('test.');
  const reward = await app.seed.reward({ currency: 'GOLD', amount: gold });
  const quest = await app.seed.quest({
    eventType,
    goal,
    autoClaim: true,
    maxCompletions: null,
    rewards: [{ rewardId: reward.id, quantity: 1 }],
  });
  const crowd = await Promise.all(Array.from({ length: people }, () => app.seed.user()));
  const boss = await app.seed.boss();
  for (const person of crowd) await record(boss, person, eventType);

  let worker = await startProcess(app.site, { ROLE: 'worker' });
  for (let killed = 1; killed <= kills; killed++) {
    worker = await killAfter(app, worker, (killed * people * eventsOfEach) / (kills + 1));
  }
  await eventually(async () => (await applied(app, eventType)) === people * eventsOfEach);
  await app.site.settled();

  const completions = Math.floor(eventsOfEach / goal);
  const standings = await app.site.sql(
    `select p.count, p.completions,
       (select count(*)::int from quest_completion c where c.account_id = p.account_id and c.quest_id = p.quest_id) as made,
       (select count(distinct event)::int from quest_completion c cross join unnest(c.event_ids) as event
        where c.account_id = p.account_id and c.quest_id = p.quest_id) as spent,
       w.gold::int, (select sum(amount)::int from ledger_entry l where l.wallet_id = w.id) as entries
     from quest_progress p join quest q on q.id = p.quest_id join wallet w on w.id = p.account_id
     where q.name = $1`,
    quest.name,
  );
  expect(standings).toEqual(
    Array.from({ length: people }, () => ({
      count: eventsOfEach % goal,
      completions,
      made: completions,
      spent: completions * goal,
      gold: completions * gold,
      entries: completions * gold,
    })),
  );
  expect(await app.site.sql('select currency, sum(amount)::int from ledger_entry group by currency')).toEqual(
    [{ currency: 'GOLD', sum: 0 }],
  );
}, 180_000);

async function record({ client }: Person, { id }: Person, eventType: string): Promise<void> {
  const timestamp = new Date().toISOString();
  const events = Array.from({ length: eventsOfEach }, () => ({
    eventId: randomUUID(),
    eventType,
    timestamp,
    userId: id,
  }));
  const { results } = await client.mutate(RecordEventsDocument, { input: { events } });
  expect(results.filter(({ outcome }) => outcome === 'ACCEPTED')).toHaveLength(eventsOfEach);
}

/** Kills the worker once `count` events are applied, and starts another. */
async function killAfter(app: App, worker: ServerProcess, count: number): Promise<ServerProcess> {
  await eventually(async () => (await applied(app, '')) >= count);
  await worker.kill();
  return startProcess(app.site, { ROLE: 'worker' });
}

async function applied({ site }: App, eventType: string): Promise<number> {
  const [row] = await site.sql<{ count: number }>(
    `select count(*)::int as count from recorded_event where applied_at is not null and ($1 = '' or event_type = $1)`,
    eventType,
  );
  return row?.count ?? 0;
}
