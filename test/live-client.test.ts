import { print } from 'graphql';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createLiveClient, listen } from '../examples/live-client.ts';
import { signIn } from '../examples/session.ts';
import { LiveCursorDocument, PostChangedDocument } from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import { eventually, inTime } from './kit/eventually.ts';
import { whenDone } from './kit/when-done.ts';

interface PostEvent {
  readonly cursor: string;
  readonly postId: string;
}

/** A WebSocket whose connections a test can cut. */
class Cuttable extends WebSocket {
  static readonly open = new Set<Cuttable>();

  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    Cuttable.open.add(this);
    this.once('close', () => Cuttable.open.delete(this));
  }

  static cut(): void {
    for (const socket of Cuttable.open) socket.terminate();
  }
}

const liveUrl = (url: string) => `${url.replace('http', 'ws')}/graphql`;

test('the client of the examples has every event once, in order, however often it is cut off', async () => {
  const { client: nobody, seed, url, site } = await startApp();
  const author = await seed.user();
  const { liveCursor } = await nobody.run(LiveCursorDocument);
  const client = createLiveClient({ url: liveUrl(url), webSocketImpl: Cuttable });
  whenDone(() => client.dispose());
  const events: PostEvent[] = [];
  const ends: unknown[] = [];
  const stop = listen<PostEvent>(
    client,
    print(PostChangedDocument),
    { after: liveCursor },
    {
      onEvent: (event) => events.push(event),
      onEnd: (reason) => ends.push(reason),
    },
  );
  const written: string[] = [];
  for (let post = 0; post < 60; post++) {
    if (post % 6 === 0) Cuttable.cut();
    written.push((await seed.post(author)).id);
  }
  await eventually(() => expect(events.map(({ postId }) => postId)).toEqual(written));
  stop();
  await site.settled();
  expect(ends).toEqual([undefined]);
});

test('it asks again where the service was unavailable for the moment', async () => {
  const { client: nobody, seed, url, site } = await startApp();
  const author = await seed.user();
  const { liveCursor: after } = await nobody.run(LiveCursorDocument);
  const told = Promise.withResolvers<void>();
  class Overheard extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      this.on('message', (data) => String(data).includes('SERVICE_UNAVAILABLE') && told.resolve());
    }
  }
  const client = createLiveClient({ url: liveUrl(url), webSocketImpl: Overheard });
  whenDone(() => client.dispose());
  const events: string[] = [];
  const onEnd = vi.fn();
  await site.admit(false);
  const onEvent = ({ postId }: PostEvent) => events.push(postId);
  const leave = listen<PostEvent>(client, print(PostChangedDocument), { after }, { onEvent, onEnd });
  await inTime(told.promise, 'the failure');
  await site.admit(true);
  const { id } = await eventually(() => seed.post(author));
  await eventually(() => expect(events).toEqual([id]));
  expect(onEnd).not.toHaveBeenCalled();
  leave();
  await eventually(() => expect(onEnd.mock.calls).toEqual([[undefined]]));
});

test('it comes back where the network has fallen silent', async () => {
  const { client: nobody, seed, url } = await startApp();
  const author = await seed.user();
  const { liveCursor: after } = await nobody.run(LiveCursorDocument);
  const sockets: WebSocket[] = [];
  class Listed extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      sockets.push(this);
    }
  }
  const client = createLiveClient({ url: liveUrl(url), webSocketImpl: Listed, keepAlive: 1_000 });
  whenDone(() => client.dispose());
  const events: string[] = [];
  listen<PostEvent>(
    client,
    print(PostChangedDocument),
    { after },
    { onEvent: ({ postId }) => events.push(postId), onEnd: () => undefined },
  );
  const first = await seed.post(author);
  await eventually(() => expect(events).toEqual([first.id]));
  for (const socket of sockets) socket.pause();
  const second = await seed.post(author);
  await eventually(() => expect(events).toEqual([first.id, second.id]));
  expect(sockets.length).toBeGreaterThan(1);
});

test('it ends where its token is not good', async () => {
  const { url } = await startApp();
  const client = createLiveClient({
    url: liveUrl(url),
    connectionParams: async () => ({ authorization: 'Bearer stolen' }),
    webSocketImpl: WebSocket,
  });
  whenDone(() => client.dispose());
  const ended = Promise.withResolvers<unknown>();
  listen(
    client,
    print(PostChangedDocument),
    { after: 'AAAAAAAAAAA' },
    {
      onEvent: () => undefined,
      onEnd: ended.resolve,
    },
  );
  expect(await ended.promise).toMatchObject({ code: 4403 });
});

/** A client of a server whose tokens live for `ttl`, and what is observed of it. */
async function briefly({ renews, ttl }: { renews: boolean; ttl: string }) {
  const { client: nobody, seed, url } = await startApp({ ACCESS_TOKEN_TTL: ttl });
  const author = await seed.user();
  const { username: login, password } = author;
  const session = await signIn(`${url}/graphql`, { login, password });
  const seen = { connections: 0, pings: 0, closings: new Set<unknown>() };
  class Watched extends WebSocket {
    override send(data: string) {
      if (data.includes('"ping","payload"')) {
        seen.pings++;
        if (!renews) return;
      }
      super.send(data);
    }
  }
  const client = createLiveClient({
    url: liveUrl(url),
    webSocketImpl: Watched,
    connectionParams: async () => ({ authorization: `Bearer ${await session.token()}` }),
    on: {
      connected: () => seen.connections++,
      closed: (closing) => seen.closings.add(Object(closing).code),
    },
  });
  whenDone(() => client.dispose());
  const { liveCursor: after } = await nobody.run(LiveCursorDocument);
  const events: string[] = [];
  const onEnd = vi.fn();
  const onEvent = ({ postId }: PostEvent) => events.push(postId);
  listen<PostEvent>(client, print(PostChangedDocument), { after }, { onEvent, onEnd });
  const write = async () => (await seed.post(await seed.user())).id;
  return { seen, events, onEnd, write };
}

test('it renews its token before that expires, on the same socket', async () => {
  const { seen, events, onEnd, write } = await briefly({ renews: true, ttl: '3s' });
  const written: string[] = [];
  await eventually(async () => {
    written.push(await write());
    return seen.pings >= 2;
  });
  await eventually(() => expect(events).toEqual(written));
  expect(seen).toMatchObject({ connections: 1, closings: new Set() });
  expect(onEnd).not.toHaveBeenCalled();
});

test('it comes back with a fresh token after one has expired, and has missed nothing', async () => {
  const { seen, events, onEnd, write } = await briefly({ renews: false, ttl: '2s' });
  const written: string[] = [];
  await eventually(async () => {
    written.push(await write());
    return seen.connections >= 3;
  });
  await eventually(() => expect(events).toEqual(written));
  expect(seen.closings).toEqual(new Set([4403]));
  expect(onEnd).not.toHaveBeenCalled();
});
