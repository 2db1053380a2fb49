import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Figures, figuresOf } from './figures.ts';
import { ask, type Subscription, subscribe } from './graphql.ts';

export interface LiveLatency {
  /** From when the event is sent to when the socket receives its completion. */
  readonly fromRequest: Figures;
  /** From the answer, which comes after the commit, to the frame. It is negative if the frame comes first. */
  readonly fromAnswer: Figures;
}

const eventType = 'bench.ticked';
/** Events before the measurement, because the first ones find no cached plans and no compiled code. */
const warmUp = 50;

/**
 * Records events for one person, each of which completes a quest, and waits for each completion on a
 * WebSocket before the next. Pauses between them are random, so that they do not fall in step with the
 * server's timers.
 */
export async function measureLiveLatency(url: string, events: number): Promise<LiveLatency> {
  await createQuest(url);
  const token = await signUp(url);
  const completions = await subscribeToCompletions(url, token);
  const fromRequest: number[] = [];
  const fromAnswer: number[] = [];
  try {
    for (let event = -warmUp; event < events; event++) {
      await pause(20 + Math.random() * 20);
      const eventId = randomUUID();
      const sentAt = performance.now();
      const answeredAt = await record(url, token, eventId);
      const arrivedAt = await completionOf(eventId, completions);
      if (event < 0) continue;
      fromRequest.push(arrivedAt - sentAt);
      fromAnswer.push(arrivedAt - answeredAt);
    }
  } finally {
    completions.close();
  }
  return { fromRequest: figuresOf(fromRequest), fromAnswer: figuresOf(fromAnswer) };
}

/** A quest that each event completes. */
async function createQuest(url: string): Promise<void> {
  const { signIn } = await ask<{ signIn: { accessToken: string } }>(
    url,
    'mutation { signIn(input: { login: "admin", password: "password" }) { accessToken userErrors { message } } }',
  );
  const input = { name: 'A tick', eventType, goal: 1, maxCompletions: null, selfReported: true };
  await ask(
    url,
    'mutation ($input: CreateQuestInput!) { createQuest(input: $input) { userErrors { message } } }',
    {
      variables: { input },
      token: signIn.accessToken,
    },
  );
}

async function signUp(url: string): Promise<string> {
  const input = { username: 'bench', email: 'bench@example.com', password: randomUUID() };
  const { signUp } = await ask<{ signUp: { accessToken: string } }>(
    url,
    'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken userErrors { message } } }',
    { variables: { input } },
  );
  return signUp.accessToken;
}

interface Completed {
  readonly questCompleted: { readonly completion: { readonly eventIds: readonly string[] } };
}

/** Starts at a cursor: without one, a subscription cannot tell when it has begun. */
async function subscribeToCompletions(url: string, token: string): Promise<Subscription<Completed>> {
  const { liveCursor } = await ask<{ liveCursor: string }>(url, '{ liveCursor }');
  const query = `subscription ($after: LiveCursor) { questCompleted(after: $after) { completion { eventIds } } }`;
  return subscribe(url, token, { query, variables: { after: liveCursor } });
}

/** When the completion that this event caused arrived; a demo quest may complete in between. */
async function completionOf(eventId: string, completions: Subscription<Completed>): Promise<number> {
  for (;;) {
    const { data, at } = await completions.next();
    if (data.questCompleted.completion.eventIds.includes(eventId)) return at;
  }
}

/** @returns when the answer arrived, by `performance.now()` */
async function record(url: string, token: string, eventId: string): Promise<number> {
  const event = { eventId, eventType, timestamp: new Date().toISOString() };
  await ask(
    url,
    'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events, applyWithin: 0 }) { results { outcome } userErrors { message } } }',
    { variables: { events: [event] }, token },
  );
  return performance.now();
}
