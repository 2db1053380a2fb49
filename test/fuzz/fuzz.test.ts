import { readdir, readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { inTime } from '../kit/eventually.ts';
import { Dice } from './dice.ts';
import { Documents, type FuzzedRequest } from './documents.ts';
import { FuzzSocket, type Outcome } from './fuzz-socket.ts';
import { mutated } from './mutate.ts';
import { type Json, type Known, Values } from './values.ts';

/** Set for `npm run test:fuzz`; a printed seed repeats a run. */
const cases = Number(process.env.FUZZ_CASES ?? 2_000);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** The most faults reported together, so that one run can show several. */
const mostFaults = 20;
/** How many cases run at the same time. */
const together = 10;
/** The most bytes by which the heap may grow; the cache of documents alone may keep 32 MiB. */
const mostGrowth = 96 * 1024 * 1024;

interface Persona {
  readonly client: Client;
  readonly socket: FuzzSocket;
  readonly nextEvent: () => Promise<unknown>;
}

interface Scene {
  readonly app: App;
  readonly personas: readonly Persona[];
  readonly known: Known;
}

const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
const examples = await Promise.all(
  (await readdir('examples/operations'))
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => readFile(`examples/operations/${name}`, 'utf8')),
);
let scene: Scene;

beforeAll(async () => {
  scene = await setUp();
});

/** How often each code, or none, was the result. */
const outcomes = new Map<string, number>();
afterAll(() => {
  const counts = [...outcomes].map(([code, count]) => `${code} ${count}`).join(', ');
  console.log(`${cases} fuzzed cases, seed ${seed}: ${counts}`);
});

function count(codes: Outcome): void {
  for (const code of codes.length === 0 ? ['no error'] : new Set(codes))
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
}

test(`${cases} fuzzed requests and messages: no internal error, and both transports answer alike`, {
  timeout: 60_000 + cases * 100,
}, async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  let before = 0;
  let batches = 0;
  const faults: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      if (batches++ === 30) before = heap();
      const dice = new Dice(gen);
      const batch = dice.some(1, together * 2 - 1, () => oneCase(dice, scene));
      faults.push(...(await Promise.all(batch.map((run) => run()))).flat());
      faults.push(...scene.personas.flatMap(({ socket: { closed } }) => closed ?? []));
      if (faults.length > mostFaults) throw new Error(faults.join('\n'));
    }),
    { numRuns: Math.ceil(cases / together), seed, endOnFailure: true },
  );
  expect(faults).toEqual([]);
  if (batches > 30) expect(heap() - before).toBeLessThan(mostGrowth);
  await expectAllWell(scene);
});

/** Chooses the case at once and runs it later. @returns a function that runs it and resolves to its faults */
function oneCase(dice: Dice, { app, personas, known }: Scene): () => Promise<string[]> {
  const values = new Values(dice, known);
  const kind = dice.below(100);
  if (kind < 6) {
    const messages = dice.some(1, 4, () => message(dice, values));
    const initial = dice.chance(80);
    return () => rawSocket(app.url, initial, messages);
  }
  if (kind < 12) {
    const [headers, body] = [headersOf(dice, values), bodyOf(dice, values)];
    const method = dice.pick(['POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE']);
    const path = dice.pick([
      '/graphql',
      '/graphql',
      `/graphql?query=${encodeURIComponent(body.toWellFormed())}`,
      '/graphql?query',
    ]);
    return () => rawRequest(app.url + path, { method, headers, ...(method !== 'GET' && { body }) });
  }
  const persona = dice.pick(personas);
  let request: FuzzedRequest = new Documents(schema, dice, values).request();
  if (kind < 30) {
    const text = dice.chance(50) ? request.query : dice.pick(examples);
    request = { ...request, query: mutated(text, dice) };
  }
  if (kind >= 30 && kind < 34) request = { ...request, variables: values.any() };
  return () => onBoth(persona, request);
}

async function onBoth({ client, socket }: Persona, request: FuzzedRequest): Promise<string[]> {
  const text = JSON.stringify(request);
  // Messages over a socket have a lower size limit than HTTP bodies.
  if (Buffer.byteLength(text) > 60_000 || forbidden.test(text)) return [];
  const isSubscription = /\bsubscription\b/.test(request.query);
  const overHttp = await httpOutcome(client, text);
  if (overHttp === undefined) return [];
  const overSocket = await socket
    .ask(text, isSubscription)
    .catch((error: unknown) => [`${error}`, 'undefined']);
  const all = [...overHttp, ...overSocket];
  count(all);
  const wrong = all.some((code) => unwanted.has(code));
  const differs =
    !isSubscription && overHttp.join() !== overSocket.join() && !all.some((code) => changing.has(code));
  // The first request may have changed the answer to the second: a username is taken then. A third one shows it.
  const explained = differs && (await httpOutcome(client, text))?.join() === overSocket.join();
  if (!wrong && (!differs || explained)) return [];
  return [`${text}\n  HTTP: ${overHttp.join() || 'well'}, WebSocket: ${overSocket.join() || 'well'}`];
}

/** Text that would end the sessions of other cases. */
const forbidden = /signOut|deleteAccount|deleteUser|suspendAccount|setRole|changePassword/;
const unwanted = new Set(['INTERNAL_SERVER_ERROR', 'undefined']);
/** Codes that explain a difference: what was done for the first request may be refused for the second. */
const changing = new Set(['RATE_LIMITED', 'SERVICE_UNAVAILABLE']);

/** @returns undefined if it is no request of GraphQL over HTTP; such a message would close a socket */
async function httpOutcome(client: Client, body: string): Promise<Outcome | undefined> {
  const response = await fetch(`${client.url}/graphql`, {
    method: 'POST',
    headers: { ...client.headers, 'content-type': 'application/json', accept: 'application/json' },
    body,
  });
  const answer = JSON.parse(await response.text());
  if (response.status === 400) return undefined;
  if (response.status !== 200) return [`status ${response.status}`, 'undefined'];
  return [...new Set(codesOf(answer.errors))].sort();
}

async function rawRequest(url: string, init: RequestInit): Promise<string[]> {
  const response = await fetch(url, init).catch((error: unknown) => error);
  // Requests that fetch itself refuses to send.
  if (!(response instanceof Response)) return [];
  const text = await response.text();
  const isWell = response.status < 500 && !text.includes('INTERNAL_SERVER_ERROR');
  return isWell ? [] : [`${JSON.stringify([url, init])}\n  ${response.status} ${text}`];
}

/** The codes of the contract for client errors, and those of WebSocket itself. */
const allowedCodes = new Set([1000, 1002, 1005, 1006, 1007, 1008, 1009, 4400, 4401, 4403, 4408, 4409, 4429]);

async function rawSocket(url: string, initial: boolean, messages: readonly string[]): Promise<string[]> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  let text = '';
  socket.on('message', (data) => {
    text += data;
  });
  socket.on('error', () => undefined);
  await inTime(new Promise((resolve) => socket.once('open', resolve)), 'the upgrade');
  if (initial) socket.send('{"type":"connection_init"}');
  for (const one of messages) socket.send(one);
  socket.send('{"type":"ping"}');
  const code = await Promise.race([closed, new Promise<0>((resolve) => setTimeout(resolve, 30, 0))]);
  socket.terminate();
  const isWell = (code === 0 || allowedCodes.has(code)) && !text.includes('INTERNAL_SERVER_ERROR');
  return isWell ? [] : [`${JSON.stringify(messages)}\n  closed with ${code}; ${text}`];
}

const types = [
  'connection_init',
  'connection_ack',
  'ping',
  'pong',
  'subscribe',
  'next',
  'error',
  'complete',
  'x',
];

function message(dice: Dice, values: Values): string {
  const payload = dice.chance(50) ? new Documents(schema, dice, values).request() : values.any();
  const whole = {
    ...(dice.chance(80) && { id: dice.chance(80) ? dice.pick(['1', '2', '', '__proto__']) : values.any() }),
    ...(dice.chance(95) && { type: dice.chance(90) ? dice.pick(types) : values.any() }),
    ...(dice.chance(80) && { payload }),
  };
  const text = JSON.stringify(whole);
  return dice.chance(20) ? mutated(text, dice) : text;
}

function bodyOf(dice: Dice, values: Values): string {
  const body = JSON.stringify(dice.chance(60) ? new Documents(schema, dice, values).request() : values.any());
  return dice.chance(40) ? mutated(body, dice) : body;
}

const headerValues: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    'application/json',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'text/plain',
    'application/graphql',
    'multipart/form-data',
    '',
  ],
  accept: ['application/json', 'application/graphql-response+json', '*/*', 'text/html', 'x', ''],
  authorization: ['Bearer', 'Bearer x', 'Bearer a.b.c', 'Basic eDp5', 'bearer ', ''],
  'content-encoding': ['gzip', 'identity', 'br', 'x'],
  'x-questline-cost': ['1', '0', 'x'],
  'apollo-require-preflight': ['1', ''],
  'sec-fetch-site': ['cross-site', 'same-origin', 'none', 'x'],
  origin: ['https://example.com', 'null', 'x'],
  'x-forwarded-for': ['1.2.3.4', 'x', '::1, 1.2.3.4'],
  'accept-language': ['de', '*'],
};

function headersOf(dice: Dice, values: Values): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, known] of Object.entries(headerValues)) {
    if (!dice.chance(25)) continue;
    // Only characters that are allowed in a header are sent.
    const text = dice.chance(80)
      ? dice.pick(known)
      : values
          .text()
          .replaceAll(/[^\x20-\x7e]/g, '?')
          .slice(0, 200);
    headers[name] = text;
  }
  return headers;
}

async function setUp(): Promise<Scene> {
  // Tokens that outlast any run.
  const app = await startApp({ ACCESS_TOKEN_TTL: '24h', LIMIT_SOCKETS_ADDRESS: '0' });
  const { seed: makes, site, client } = app;
  const [admin, person] = await Promise.all([makes.admin(), makes.user().withGold(1_000)]);
  const reward = await makes.reward();
  const [post, product, quest, collection] = await Promise.all([
    makes.post(person),
    makes.product(),
    makes.quest({ rewards: [{ rewardId: reward.id }] }),
    makes.collection(person),
  ]);
  await makes.collect(person, collection, post);
  await makes.purchase(person, product);
  await makes.event(person, quest.eventType);
  await site.settled();
  const everything = await person.client.post<Json & object>({
    query: `{ liveCursor posts { edges { cursor } nodes { id } } users { edges { cursor } }
      viewer { id wallet { id entries { edges { cursor node { id } } } } completions { nodes { id } } purchases { nodes { id } }
        notifications { edges { cursor node { id } } } } }`,
  });
  const text = JSON.stringify(everything.body);
  const found = (key: string) =>
    [...text.matchAll(new RegExp(`"${key}":"([^"]+)"`, 'g'))].map(([, id = '']) => id);
  const known: Known = {
    ids: [...found('id'), post.id, product.id, quest.id, collection.id, reward.id, person.id],
    cursors: found('cursor'),
    liveCursors: found('liveCursor'),
    words: [
      'post',
      'title',
      'gold',
      quest.eventType,
      person.username,
      person.email,
      product.sku,
      'google',
      'a b c',
      'Olé',
      '日本語',
    ],
  };
  const personas = await Promise.all(
    [client, person.client, admin.client].map(async (of): Promise<Persona> => {
      const socket = await FuzzSocket.open(app.url, of.headers.authorization);
      return {
        client: of,
        socket,
        nextEvent: socket.subscribe('subscription { postChanged { postId action } }'),
      };
    }),
  );
  return { app, personas, known };
}

/** Checks that the subscriptions opened at the beginning still receive events. */
async function expectAllWell({ app, personas }: Scene): Promise<void> {
  const { id } = await app.seed.post(await app.seed.user());
  for (const { nextEvent } of personas) {
    while (!JSON.stringify(await nextEvent()).includes(id));
  }
  const { status } = await fetch(`${app.url}/healthz`);
  expect(status).toBe(200);
}
