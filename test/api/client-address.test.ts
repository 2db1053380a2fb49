import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type App, startApp } from '../kit/app.ts';
import { acknowledged, answersOf, knock, tooMany } from '../kit/knock.ts';
import type { Person } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';

/** The settings, by how far each trusts the header. */
const settings = {
  nothing: 'false',
  all: 'true',
  one: '1',
  two: '2',
  networks: '127.0.0.0/8,10.0.0.0/8,2001:db8:f::/48',
} as const;
type Belief = keyof typeof settings;

const site = await createSite();
const apps = new Map<string, App>();
let person: Person;
beforeAll(async () => {
  await Promise.all(
    Object.entries(settings).map(async ([name, TRUST_PROXY]) =>
      apps.set(name, await startApp({ TRUST_PROXY, LIMIT_SOCKETS_ADDRESS: '2' }, site)),
    ),
  );
  person = await appOf('nothing').seed.user();
});

function appOf(belief: Belief): App {
  const app = apps.get(belief);
  if (app === undefined) throw new Error('It has not been started.');
  return app;
}

/** One header, or several with the same name. */
type Forwarded = string | string[];
const joined = (forwarded: Forwarded) => ({ headers: { 'x-forwarded-for': [forwarded].flat().join(', ') } });

const signedIn = z.object({ data: z.object({ signIn: z.object({ accessToken: z.string() }) }) });
type SignedIn = z.output<typeof signedIn>;
const signIn = () =>
  `mutation { signIn(input: { login: "${person.username}", password: "${person.password}" }) { accessToken } }`;

async function signInOverHttp({ url }: App, forwarded: Forwarded): Promise<SignedIn> {
  const { promise, resolve, reject } = Promise.withResolvers<SignedIn>();
  const headers = { 'x-forwarded-for': forwarded, 'content-type': 'application/json' };
  request(`${url}/graphql`, { method: 'POST', headers }, (response) => {
    json(response).then((body) => resolve(signedIn.parse(body)), reject);
  })
    .on('error', reject)
    .end(JSON.stringify({ query: signIn() }));
  return promise;
}

async function signInOverSocket({ client }: App, forwarded: Forwarded): Promise<SignedIn> {
  const { socket } = await knock({ client }, joined(forwarded));
  socket.send({ id: '1', type: 'subscribe', payload: { query: signIn() } });
  const { payload } = await socket.receive('next');
  socket.drop();
  return signedIn.parse(payload);
}

const sessionsOf = z.object({
  viewer: z.object({
    sessions: z.array(z.object({ ipAddress: z.string(), isCurrent: z.boolean() })),
  }),
});

/** The address that a session shows if it was begun by this sign-in. */
async function shownBy(app: App, { data }: SignedIn): Promise<unknown> {
  const { body } = await app.client.as(data.signIn).post({
    query: '{ viewer { sessions { ipAddress isCurrent } } }',
  });
  return sessionsOf.parse(body.data).viewer.sessions.find(({ isCurrent }) => isCurrent)?.ipAddress;
}

const own = '127.0.0.1';

describe.each<[Belief, Forwarded, string]>([
  ['nothing', '203.0.113.1', own],
  ['nothing', ['203.0.113.1', '203.0.113.2'], own],
  ['all', '203.0.113.1', '203.0.113.1'],
  ['all', '203.0.113.1, 203.0.113.2, 10.0.0.1', '203.0.113.1'],
  ['all', ['203.0.113.1', '203.0.113.2'], '203.0.113.1'],
  ['all', 'unknown, 203.0.113.2', '203.0.113.2'],
  ['all', '203.0.113.1, <script>, 203.0.113.2', '203.0.113.2'],
  ['all', '', own],
  ['all', ' , ,', own],
  ['all', '127.0.0.1.evil', own],
  ['all', '2001:DB8::1%25', '2001:db8::1'],
  ['all', '::FFFF:cb00:7101', '203.0.113.1'],
  ['all', '203.0.113.1:4711', '203.0.113.1'],
  ['all', '[2001:db8::1]:443', '2001:db8::1'],
  ['all', '[2001:db8::1]', '2001:db8::1'],
  ['all', '203.0.113.1:', own],
  ['all', '999.0.113.1:80', own],
  ['one', '203.0.113.1', '203.0.113.1'],
  ['one', '198.51.100.9, 203.0.113.1', '203.0.113.1'],
  ['one', ['198.51.100.9', '203.0.113.1'], '203.0.113.1'],
  ['one', `${'198.51.100.9, '.repeat(60)}203.0.113.1`, '203.0.113.1'],
  ['one', '198.51.100.9, unknown', own],
  ['two', '198.51.100.9, 203.0.113.1, 203.0.113.2', '203.0.113.1'],
  ['two', ['198.51.100.9', '203.0.113.1, 203.0.113.2:80'], '203.0.113.1'],
  ['two', '203.0.113.2', '203.0.113.2'],
  ['networks', '198.51.100.9, 203.0.113.1', '203.0.113.1'],
  ['networks', '198.51.100.9, 203.0.113.1, 10.1.2.3, 10.3.2.1:99', '203.0.113.1'],
  ['networks', '198.51.100.9, 203.0.113.1, ::ffff:10.1.2.3, [2001:db8:f:1::1]:80', '203.0.113.1'],
  ['networks', '10.1.1.1, 10.1.2.3', '10.1.1.1'],
  ['networks', '198.51.100.9, x, 10.1.2.3', '10.1.2.3'],
])('believing %s, of %j', (belief, forwarded, address) => {
  test(`it is ${address}, over HTTP and WebSocket`, async () => {
    const app = appOf(belief);
    const sessions = await Promise.all([signInOverHttp(app, forwarded), signInOverSocket(app, forwarded)]);
    expect(await Promise.all(sessions.map((each) => shownBy(app, each)))).toEqual([address, address]);
  });
});

test.each<[Belief, (at: number) => Forwarded]>([
  ['nothing', (at) => `203.0.113.${at}`],
  ['one', (at) => `203.0.113.${at}, 198.51.100.1`],
  ['one', (at) => [`203.0.113.${at}`, '198.51.100.2']],
  ['one', (at) => `2001:db8:7:7::${at}`],
  ['networks', (at) => `203.0.113.${at}, 198.51.100.3, 10.0.0.${at}`],
])('believing %s, a client is not let in more often by whatever it claims: %s', async (belief, forwarded) => {
  const app = appOf(belief);
  const knocks = await Promise.all(Array.from({ length: 20 }, (_, at) => knock(app, joined(forwarded(at)))));
  expect(answersOf(knocks)).toEqual([...tooMany(18), ...acknowledged(2)]);
  for (const { socket } of knocks) socket.drop();
});

test('a socket of somebody who comes through another proxy is another’s', async () => {
  const app = appOf('one');
  for (const at of [1, 2, 3]) {
    const socket = await Socket.open(app.client, joined(`192.0.2.${at}`));
    socket.send({ type: 'connection_init' });
    await socket.receive('connection_ack');
  }
});
