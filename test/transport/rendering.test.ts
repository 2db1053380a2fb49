import { createSecretKey } from 'node:crypto';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import { everyone, type LiveRecord } from '../../src/pubsub/topics.ts';
import { LiveCursors } from '../../src/schema/live-cursors.ts';
import { Rendering } from '../../src/transport/rendering.ts';

const never = () => Promise.reject(new Error('Nothing subscribes here.'));

function open(query: Db['query'] = async () => []) {
  return new Rendering({
    contexts: {
      database: { query },
      live: { source: never, checkCursor: never },
      applied: { ofPerson: never },
      cursors: new LiveCursors(createSecretKey(Buffer.alloc(32))),
      mostRead: Number.POSITIVE_INFINITY,
    },
    connections: 2,
  });
}

const record = (seq: number): LiveRecord => ({
  seq,
  topic: 'post_changed',
  audience: everyone,
  payload: { action: 'CREATED', postId: String(seq), authorId: everyone },
  occurredAt: new Date(0),
});

describe('operations on the same events', () => {
  test('share the reads at which nobody looks whose they are, and only those: each other is noticed in each', () => {
    const rendering = open();
    const batch = [record(1), record(2)];
    const first = rendering.contextOfNobody(batch).context.loaders;
    const names = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(first)));
    const shared: string[] = [];
    for (const name of names) {
      const own = Reflect.get(first, name);
      const { context, viewerWasSeen } = rendering.contextOfNobody([...batch]);
      const others = Reflect.get(context.loaders, name);
      expect([name, own === others]).toEqual([name, !viewerWasSeen()]);
      if (own === others) shared.push(name);
    }
    expect(shared).toEqual(expect.arrayContaining(['post', 'user', 'postsOfUser']));
    expect(names.filter((name) => !shared.includes(name))).toEqual([
      'viewerProgress',
      'posts',
      'postsOfCollection',
      'collection',
      'collections',
      'collectionChanges',
      'collectionsOfUser',
      'collectionsOfPost',
    ]);
  });

  test('that end with another event share nothing with them: it may tell of a later change', () => {
    const rendering = open();
    const batch = [record(1), record(2)];
    const loadersOf = (records: LiveRecord[]) => rendering.contextOfNobody(records).context.loaders.post;
    const own = loadersOf(batch);
    expect(loadersOf(batch.slice(1))).toBe(own);
    expect(loadersOf(batch.slice(0, 1))).not.toBe(own);
    // The same position of the stream, read again.
    expect(loadersOf([record(1), record(2)])).not.toBe(own);
  });

  test('read anew what failed, and what was read a while ago', async () => {
    const rendering = open();
    const batch = [record(1)];
    const loader = () => rendering.contextOfNobody(batch).context.loaders.post;
    const first = loader();
    rendering.forget(batch);
    const second = loader();
    expect(second).not.toBe(first);
    const later = performance.now() + 1_001;
    vi.spyOn(performance, 'now').mockReturnValue(later);
    expect(loader()).not.toBe(second);
    vi.restoreAllMocks();
  });

  test('never share what is read for somebody', () => {
    const rendering = open();
    const batch = [record(1)];
    const nobodys = rendering.contextOfNobody(batch).context.loaders.post;
    const own = [1, 2].map(() => rendering.contextOf(null, rendering.database()).loaders.post);
    expect(new Set([nobodys, ...own]).size).toBe(3);
  });
});

test('one operation with a thousand viewers lets another have its turn', async () => {
  const rendering = open();
  const [large, small] = [rendering.lane(), rendering.lane()];
  let done = 0;
  const all = Array.from({ length: 1_000 }, () =>
    large.run(async () => {
      await nextLoop();
      done++;
    }),
  );
  await small.run(nextLoop);
  expect(done).toBeLessThan(200);
  await Promise.all(all);
});
