import { expect, test } from 'vitest';
import {
  QuestCompletedDocument,
  RecordEventsDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { completionMarker } from '../kit/markers.ts';
import { startProcess } from '../kit/server-process.ts';
import { createSite } from '../kit/site.ts';

test('an event that one process records reaches a socket of another, by way of a third that applies it', async () => {
  const here = await startApp({ ROLE: 'api' });
  const [there] = await Promise.all([
    startProcess(here.site, { ROLE: 'api' }),
    startProcess(here.site, { ROLE: 'worker' }),
  ]);
  const person = await here.seed.user();
  const quest = await here.seed.quest({
    autoClaim: true,
    rewards: [{ rewardId: (await here.seed.reward()).id, quantity: 1 }],
  });
  const live = openLive(new Client(there.url).as(person));
  const completions = await live.events(QuestCompletedDocument);
  const wallet = await live.events(WalletChangedDocument);

  await here.seed.event(person, quest.eventType);

  expect(await completions.next()).toMatchObject({
    questCompleted: { completion: { quest: { id: quest.id } } },
  });
  expect(await wallet.next()).toMatchObject({ walletChanged: { entry: { amount: 10, balanceAfter: 10 } } });
  await completions.expectNothingMore(completionMarker(here.seed, person));
});

test('two processes that are told of one event at once count it once', async () => {
  const here = await startApp();
  const there = await startProcess(here.site);
  const boss = await here.seed.boss();
  const person = await here.seed.user();
  const event = {
    eventId: '0192d000-0000-7000-8000-000000000001',
    eventType: 'test.twice',
    timestamp: new Date().toISOString(),
    userId: person.id,
  };
  const clients = Array.from({ length: 100 }, (_, index) =>
    index % 2 === 0 ? boss.client : new Client(there.url).as(boss),
  );
  const answers = await Promise.all(
    clients.map((client) => client.mutate(RecordEventsDocument, { input: { events: [event] } })),
  );
  const outcomes = answers.flatMap(({ results }) => results.map(({ outcome }) => outcome));
  expect(outcomes.filter((outcome) => outcome === 'ACCEPTED')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'DUPLICATE')).toHaveLength(99);
});

test('a process that is told to stop ends with exit code 0, with sockets open', async () => {
  const app = await startApp();
  const server = await startProcess(app.site);
  const person = await app.seed.user();
  const live = openLive(new Client(server.url).as(person));
  await live.events(QuestCompletedDocument);
  const [code, closing] = await Promise.all([server.stop(), live.closed()]);
  expect(code).toBe(0);
  expect(closing.code).toBe(1012);
});

test('a worker serves nobody, but tells how it is', async () => {
  const site = await createSite();
  const worker = await startProcess(site, { ROLE: 'worker' });
  // The connection to Redis is ready a moment after the process begins to serve.
  await eventually(async () => (await fetch(`${worker.url}/readyz`)).status === 200);
  expect((await fetch(`${worker.url}/metrics`)).status).toBe(200);
  const answer = await fetch(`${worker.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ hello { message } }"}',
  });
  expect(answer.status).toBe(404);
});
