import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  CollectionChangedDocument,
  HelloDocument,
  LiveCursorDocument,
  NodeDocument,
  RefreshSessionDocument,
  SetRoleDocument,
  SignOutDocument,
  UpdateProfileDocument,
  ViewerDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp();
const { url, client, seed, site } = app;

/** A socket that sends nothing; the last test checks when it is closed. */
const opened = Date.now();
const silent = await Socket.open(client);
const silentEnd = silent.closed().then(({ code }) => ({ code, after: Date.now() - opened }));

const query = '{ hello { message } }';
const init = { type: 'connection_init' };
const ask = (id: string, text = query) => ({ id, type: 'subscribe', payload: { query: text } });
const wait = (id: string) => ask(id, 'subscription { walletChanged { cursor } }');
const tokenOf = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });

describe('a socket is closed with', () => {
  test('4400 for what is no message', async () => {
    for (const message of ['', 'nonsense', '[]', '{}', '{"type":"hello"}', '{"type":"subscribe"}', 'null']) {
      const socket = await Socket.acknowledged(client);
      socket.send(message);
      expect([message, await socket.closeCode()]).toEqual([message, 4400]);
    }
  });

  test('4401 for an operation before the acknowledgement', async () => {
    const socket = await Socket.open(client);
    socket.send(ask('1'));
    expect(await socket.closeCode()).toBe(4401);
  });

  test('4406 for another subprotocol, and for none', async () => {
    const other = await Socket.open(client, { protocols: ['graphql-ws', 'soap'] });
    expect(await other.closeCode()).toBe(4406);
    const none = await Socket.open(client, { protocols: [] });
    expect(await none.closeCode()).toBe(4406);
  });

  test('4409 for an id that is in use', async () => {
    const { accessToken } = await seed.user();
    const socket = await Socket.acknowledged(client, tokenOf({ accessToken }));
    socket.send(wait('1'));
    socket.send(wait('1'));
    expect(await socket.closeCode()).toBe(4409);
  });

  test('4429 for two inits', async () => {
    const socket = await Socket.acknowledged(client);
    socket.send(init);
    expect(await socket.closeCode()).toBe(4429);
  });

  test('1009 for a message over 64 KiB, and not for one of them', async () => {
    const message = (size: number) => {
      const empty = JSON.stringify({ type: 'ping', payload: { x: '' } });
      return JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(size - empty.length) } });
    };
    const socket = await Socket.acknowledged(client);
    socket.send(message(64 * 1024));
    await socket.receive('pong');
    socket.send(message(64 * 1024 + 1));
    expect(await socket.closeCode()).toBe(1009);
  });

  test('1008 for a message of more than 64 fragments', async () => {
    const socket = await Socket.acknowledged(client);
    socket.sendFragments('{"type":"ping"}'.padEnd(64), 64);
    await socket.receive('pong');
    socket.sendFragments('{"type":"ping"}'.padEnd(65), 65);
    expect(await socket.closeCode()).toBe(1008);
  });

  test('1012 when the server stops', async () => {
    const stopping = await startApp({}, site);
    const sockets = await Promise.all(Array.from({ length: 5 }, () => Socket.acknowledged(stopping.client)));
    await stopping.close();
    for (const socket of sockets) expect(await socket.closeCode()).toBe(1012);
  });
});

describe('the upgrade', () => {
  const upgrade = (options: object) => Socket.open(client, options);

  test('is refused to a page of a wrong origin: 403', async () => {
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      await expect(upgrade({ origin })).rejects.toThrow('Unexpected server response: 403');
    }
  });

  test('is granted to the server’s own pages, those on this machine, and clients without an origin', async () => {
    for (const origin of [url, 'http://localhost:5173', undefined]) await upgrade({ origin });
  });

  test('is granted to origins that are named, and then to no other but its own', async () => {
    const named = await startApp({ CORS_ORIGINS: 'https://app.example.com,https://b.example' }, site);
    for (const origin of ['https://app.example.com', 'https://b.example', named.url]) {
      await Socket.open(named.client, { origin });
    }
    for (const origin of [
      'http://localhost:5173',
      'https://app.example.com.evil.example',
      'http://b.example',
    ]) {
      await expect(Socket.open(named.client, { origin })).rejects.toThrow('403');
    }
  });

  test('is for /graphql alone', async () => {
    await expect(Socket.open({ url: `${url}/elsewhere` })).rejects.toThrow('404');
  });
});

describe('over a socket', () => {
  test('queries and mutations run as over HTTP', async () => {
    const person = await seed.user();
    const live = openLive(person.client);
    expect(await live.run(ViewerDocument)).toEqual(await person.client.run(ViewerDocument));
    const displayName = unique('Name ');
    const { updateProfile } = await live.run(UpdateProfileDocument, { input: { displayName } });
    expect(updateProfile).toMatchObject({ account: { user: { displayName } }, userErrors: [] });
    expect((await live.run(ViewerDocument)).viewer?.user.displayName).toBe(displayName);
    expect((await openLive(client).run(ViewerDocument)).viewer).toBeNull();
  });

  test('many run at once, and each gets its own answer', async () => {
    const live = openLive(client);
    const people = await Promise.all(Array.from({ length: 10 }, () => seed.user()));
    const answers = await Promise.all(people.map(({ id }) => live.run(NodeDocument, { id })));
    expect(answers.map(({ node }) => node?.id)).toEqual(people.map(({ id }) => id));
  });

  test.each([
    ['a syntax error', '{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['too many tokens', `{ ${'a: __typename '.repeat(667)} }`, 'OPERATION_TOO_LARGE'],
    ['an unknown field', '{ goodbye }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a malformed id', '{ node(id: "x") { id } }', 'BAD_USER_INPUT'],
    ['a number that is none', '{ quests(first: "x") { totalCount } }', 'BAD_USER_INPUT'],
    ['an id that is no text', '{ node(id: true) { id } }', 'BAD_USER_INPUT'],
    ['a malformed scalar', '{ quests(after: 5) { totalCount } }', 'BAD_USER_INPUT'],
    ['a variable that is missing', 'query($id: ID!) { node(id: $id) { id } }', 'BAD_USER_INPUT'],
    ['a malformed cursor', 'subscription { walletChanged(after: "x") { cursor } }', 'BAD_USER_INPUT'],
    ['a mutation of nobody', 'mutation { signOut { userErrors { code } } }', 'UNAUTHENTICATED'],
  ])('%s has the code that it has over HTTP, and the socket lives', async (_, text, code) => {
    const person = code === 'UNAUTHENTICATED' ? undefined : await seed.user();
    const socket = await Socket.acknowledged(client, person && tokenOf(person));
    socket.send(ask('1', text));
    expect(await socket.codes()).toEqual([code]);
    socket.send(ask('2'));
    expect(await socket.receive('next')).toMatchObject({
      id: '2',
      payload: { data: { hello: { message: 'Hello from Questline' } } },
    });
  });

  test('a ping is answered', async () => {
    const socket = await Socket.acknowledged(client);
    socket.send({ type: 'ping' });
    await socket.receive('pong');
  });
});

describe('the token of a socket', () => {
  test('cannot become another’s, nor come later: 4403', async () => {
    const [ada, bob] = await Promise.all([seed.user(), seed.user()]);
    for (const [given, pinged] of [
      [tokenOf(ada), tokenOf(bob)],
      [tokenOf(ada), { authorization: 'Bearer nonsense' }],
      [tokenOf(ada), { authorization: '' }],
      [undefined, tokenOf(ada)],
    ] as const) {
      const socket = await Socket.acknowledged(client, given);
      socket.send({ type: 'ping', payload: pinged });
      expect(await socket.closeCode()).toBe(4403);
    }
  });

  test('closes it when it expires, unless a fresh one came by then: its subscriptions go on and miss nothing', async () => {
    // The keys are the same: the other process accepts a token that is valid for longer.
    const brief = await startApp({ ACCESS_TOKEN_TTL: '5s' }, site);
    const person = await seed.user();
    const { refreshToken } = person;
    const short = await brief.client.mutate(RefreshSessionDocument, { input: { refreshToken } });
    const left = await Socket.acknowledged(brief.client, tokenOf(short));
    const renewed = await Socket.acknowledged(brief.client, tokenOf(short));
    const { liveCursor } = await client.run(LiveCursorDocument);
    renewed.send(
      ask('1', `subscription { walletChanged(after: "${liveCursor}") { entry { balanceAfter } } }`),
    );
    const gift = () => seed.give(person, { currency: 'GOLD', amount: 1 });
    await gift();
    const renewal = gift();
    renewed.send({ type: 'ping', payload: tokenOf(person) });
    await Promise.all([renewal, gift(), gift()]);

    expect(await left.closeCode()).toBe(4403);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(short.accessTokenExpiresAt));
    expect(await brief.client.as(short).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    await gift();
    const messages = [];
    while (messages.length < 6) messages.push(await renewed.receive('next', 'pong'));
    const events = messages.filter(({ type }) => type === 'next').map(({ payload }) => payload);
    expect(events).toEqual(
      [1, 2, 3, 4, 5].map((balanceAfter) => ({ data: { walletChanged: { entry: { balanceAfter } } } })),
    );
  });

  test('that is renewed does not outlive the session, whose end the new one hears of', async () => {
    const person = await seed.user();
    const socket = await Socket.acknowledged(client, tokenOf(person));
    const { refreshToken } = person;
    const fresh = await client.mutate(RefreshSessionDocument, { input: { refreshToken } });
    for (const token of [person, fresh, person]) {
      socket.send({ type: 'ping', payload: tokenOf(token) });
      await socket.receive('pong');
    }
    await client.as(fresh).mutate(SignOutDocument);
    expect(await socket.closeCode()).toBe(4403);
  });

  test('of another session of the same account renews it, and the socket ends with that one', async () => {
    const person = await seed.user();
    const other = await seed.signIn(person);
    const socket = await Socket.acknowledged(client, tokenOf(person));
    socket.send({ type: 'ping', payload: tokenOf(other) });
    await socket.receive('pong');
    await person.client.mutate(SignOutDocument);
    await site.settled();
    socket.send({ type: 'ping' });
    await socket.receive('pong');
    await other.client.mutate(SignOutDocument);
    expect(await socket.closeCode()).toBe(4403);
  });

  test('of an admin who is one no longer gets no event that only admins may have', async () => {
    const [admin, owner] = await Promise.all([seed.admin(), seed.user()]);
    const { id } = await seed.collection(owner, { visibility: 'PRIVATE' });
    const { liveCursor: after } = await client.run(LiveCursorDocument);
    const live = openLive(admin.client);
    const stream = await live.events(CollectionChangedDocument, { collectionId: id, after });
    await seed.collect(owner, { id }, await seed.post(owner));
    await stream.next();
    const { client: boss } = await seed.boss();
    await boss.mutate(SetRoleDocument, { input: { userId: admin.id, role: 'USER' } });
    await setTimeout(1_000);
    await seed.collect(owner, { id }, await seed.post(owner));
    expect(await live.closed()).toMatchObject({ code: 4403 });
    await expect(stream.next()).rejects.toThrow('4403');
  });
});

test('an event of one process reaches a socket on another', async () => {
  const neighbour = await startApp({}, site);
  const person = await seed.user();
  const stream = await openLive(neighbour.client.as(person)).events(WalletChangedDocument);
  const { id } = await seed.give(person, { currency: 'GOLD', amount: 1 });
  expect((await stream.next()).walletChanged.entry.id).toBe(id);
});

test('a socket on which no connection_init comes in 3 s is closed with 4408', async () => {
  const { code, after } = await silentEnd;
  expect(code).toBe(4408);
  expect(after).toBeGreaterThanOrEqual(2_900);
});
