import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { everyone } from '../../src/pubsub/topics.ts';
import { LiveCursorDocument, PostChangedDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { seqOf } from '../kit/live-seq.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { whenDone } from '../kit/when-done.ts';

const { client: nobody, seed, site, url } = await startApp();

let author: Person;
/** A post with the longest allowed body, so that the buffers of the operating system fill up soon. */
let large: string;
let small: string;
beforeAll(async () => {
  author = await seed.user();
  const [one, other] = await Promise.all([
    seed.post(author, { body: 'x'.repeat(50_000) }),
    seed.post(author, { body: 'x' }),
  ]);
  [large, small] = [one.id, other.id];
});

/** Publishes `count` changes of a post that commit at once. */
async function change(post: string, count: number): Promise<void> {
  const payload = { action: 'UPDATED', postId: parseId(post).uuid, authorId: parseId(author.id).uuid };
  await site.sql(
    `insert into live_event (topic, audience, payload) select 'post_changed', $1, $2 from generate_series(1, $3::int)`,
    everyone,
    JSON.stringify(payload),
    count,
  );
  await site.sql(`select pg_notify('questline_live', '')`);
}

const query = 'subscription ($after: LiveCursor) { postChanged(after: $after) { cursor post { body } } }';
const cursorNow = async () => {
  await site.settled();
  return (await nobody.run(LiveCursorDocument)).liveCursor;
};

async function subscribe(after: string): Promise<Socket> {
  const socket = await Socket.acknowledged(nobody, {});
  socket.send({ id: '1', type: 'subscribe', payload: { query, variables: { after } } });
  return socket;
}

interface Event {
  readonly data: { readonly postChanged: { readonly cursor: string } };
}

async function read(socket: Socket): Promise<string> {
  const { payload } = await socket.receive('next');
  return (payload as Event).data.postChanged.cursor;
}

async function readOn(socket: Socket, cursors: string[]): Promise<never> {
  for (;;) cursors.push(await read(socket));
}

/** Expects each event once, in the order of the stream, without gaps, since nothing else writes here. */
function expectInOrder(cursors: readonly string[]): void {
  const [first = Number.NaN, ...more] = cursors.map(seqOf);
  expect(more).toEqual(more.map((_, index) => first + 1 + index));
}

describe('a client that does not read', () => {
  test('is closed with 1013, disturbs nobody, and has everything when it comes back with its cursor', async () => {
    const after = await cursorNow();
    const mute = await subscribe(after);
    const probe = await openLive(nobody).events(PostChangedDocument, { after });
    await change(small, 1);
    const first = await read(mute);
    await probe.next();
    mute.pause();
    // More than the operating system buffers, and then more events than a subscriber may lag behind.
    await change(large, 400);
    await probe.take(400);
    for (let sent = 0; sent < 1_500; sent += 500) {
      await change(small, 500);
      await probe.take(500);
    }
    mute.resume();
    const cursors: string[] = [first];
    await expect(readOn(mute, cursors)).rejects.toThrow('closed with 1013');
    const again = await subscribe(cursors.at(-1) ?? first);
    while (cursors.length < 1_901) cursors.push(await read(again));
    expectInOrder(cursors);
  });

  test('for a while only, is not sent away, and misses nothing', async () => {
    const after = await cursorNow();
    const slow = await subscribe(after);
    const probe = await openLive(nobody).events(PostChangedDocument, { after });
    await change(small, 1);
    const cursors = [await read(slow)];
    slow.pause();
    await probe.next();
    await change(large, 500);
    await probe.take(500);
    slow.resume();
    while (cursors.length < 501) cursors.push(await read(slow));
    await change(small, 1);
    cursors.push(await read(slow));
    expectInOrder(cursors);
  });

  test('misses nothing of 30 subscriptions on one socket', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    whenDone(() => process.off('warning', note));
    const after = await cursorNow();
    const slow = await Socket.acknowledged(nobody, {});
    const probe = await openLive(nobody).events(PostChangedDocument, { after });
    const ids = Array.from({ length: 30 }, (_, index) => String(index));
    for (const id of ids) slow.send({ id, type: 'subscribe', payload: { query, variables: { after } } });
    await change(small, 1);
    const got = new Map(ids.map((id) => [id, [] as string[]]));
    const readAll = async (count: number) => {
      for (let read = 0; read < count; read++) {
        const { id = '', payload } = await slow.receive('next');
        got.get(id)?.push((payload as Event).data.postChanged.cursor);
      }
    };
    await readAll(30);
    slow.pause();
    await change(large, 20);
    await probe.take(21);
    slow.resume();
    await readAll(30 * 20);
    for (const cursors of got.values()) {
      expect(cursors).toHaveLength(21);
      expectInOrder(cursors);
    }
    expect(warnings).toEqual([]);
  });

  test('is told CURSOR_EXPIRED where what it has still to read is removed', async () => {
    const slow = await subscribe(await cursorNow());
    await change(small, 1);
    await read(slow);
    slow.pause();
    const probe = await openLive(nobody).events(PostChangedDocument, { after: await cursorNow() });
    await change(large, 400);
    await probe.take(400);
    await site.sql(
      `with gone as (delete from live_event where seq is not null returning seq)
       update live_position set expired_seq = (select max(seq) from gone) where topic = '*'`,
    );
    slow.resume();
    for (;;) {
      const { type, payload } = await slow.receive('next', 'error');
      if (type === 'next') continue;
      expect(payload).toEqual([
        {
          message: 'The cursor is too old. Read the lists again.',
          extensions: { code: 'CURSOR_EXPIRED' },
        },
      ]);
      break;
    }
  });
});

test('whoever completes a subscription or drops its socket leaves nothing behind', async () => {
  const gauges = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const valueFor = (name: string) =>
      Number(new RegExp(`^questline_live_${name} (\\d+)$`, 'm').exec(text)?.[1]);
    return [valueFor('operations'), valueFor('subscribers')];
  };
  await eventually(async () => expect(await gauges()).toEqual([0, 0]));
  const after = await cursorNow();
  const sockets = await Promise.all(Array.from({ length: 20 }, () => subscribe(after)));
  const other = 'subscription { postChanged { cursor } }';
  for (const socket of sockets) socket.send({ id: '2', type: 'subscribe', payload: { query: other } });
  await eventually(async () => expect(await gauges()).toEqual([2, 40]));
  for (const socket of sockets) socket.send({ id: '2', type: 'complete' });
  await eventually(async () => expect(await gauges()).toEqual([1, 20]));
  for (const socket of sockets) socket.drop();
  await eventually(async () => expect(await gauges()).toEqual([0, 0]));
});
