import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ResumePoint } from '../../src/transport/resume-point.ts';
import { LiveCursorDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { type Message, Socket } from '../kit/socket.ts';

const { client: nobody, seed, site } = await startApp();

let author: Person;
/** Cursors before the first post, between the two, and after the second. */
let cursors: [string, string, string];
let posts: [string, string];
beforeAll(async () => {
  author = await seed.user();
  const cursor = async () => {
    await site.settled();
    return (await nobody.run(LiveCursorDocument)).liveCursor;
  };
  const before = await cursor();
  const first = await seed.post(author);
  const between = await cursor();
  const second = await seed.post(author);
  cursors = [before, between, await cursor()];
  posts = [first.id, second.id];
});

const openedWith = (payload?: Record<string, unknown>) => Socket.acknowledged(nobody, payload);
const named = (name: string, args = '') => `subscription ${name} { postChanged${args} { postId } }`;

function subscribe(socket: Socket, query: string, { id = '1', ...payload }: Record<string, unknown> = {}) {
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, ...payload } }));
}

/** The ids of the posts that a subscription delivers, up to a new one. */
async function heard(socket: Socket): Promise<string[]> {
  socket.send({ type: 'ping' });
  await socket.receive('pong');
  const marker = await seed.post(author);
  const ids: string[] = [];
  for (;;) {
    const id = postIdOf(await socket.receive('next'));
    if (id === marker.id) return ids;
    if (posts.includes(id)) ids.push(id);
  }
}

function postIdOf({ payload }: Message): string {
  return JSON.parse(JSON.stringify(payload)).data.postChanged.postId;
}

describe('a subscription without an after of its own begins where connection_init says', () => {
  test('by one cursor for all', async () => {
    const socket = await openedWith({ after: cursors[0] });
    subscribe(socket, named('Posts'));
    expect(posts).toEqual([postIdOf(await socket.receive('next')), postIdOf(await socket.receive('next'))]);
    subscribe(socket, 'subscription { postChanged { postId } }', { id: '2' });
    expect(postIdOf(await socket.receive('next'))).toBe(posts[0]);
  });

  test('by a cursor for its name, which another has no part in', async () => {
    const after = { Early: cursors[0], Late: cursors[1], Fresh: null };
    for (const [name, expected] of [
      ['Early', posts],
      ['Late', [posts[1]]],
      ['Fresh', []],
      ['Other', []],
    ] as const) {
      const socket = await openedWith({ after });
      subscribe(socket, named(name));
      if (expected.length > 0)
        for (const id of expected) expect(postIdOf(await socket.receive('next'))).toBe(id);
      else expect(await heard(socket)).toEqual([]);
    }
  });

  test('by the name of the operation that is executed, of several in a document', async () => {
    const socket = await openedWith({ after: { Late: cursors[1] } });
    subscribe(socket, `${named('Early')} ${named('Late')}`, { operationName: 'Late' });
    expect(postIdOf(await socket.receive('next'))).toBe(posts[1]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'by a name such as %s',
    async (name) => {
      const socket = await Socket.open(nobody);
      socket.send(`{"type":"connection_init","payload":{"after":{"${name}":"${cursors[1]}"}}}`);
      await socket.receive('connection_ack');
      subscribe(socket, named(name));
      expect(postIdOf(await socket.receive('next'))).toBe(posts[1]);
      const without = await openedWith({ after: {} });
      subscribe(without, named(name));
      expect(await heard(without)).toEqual([]);
    },
  );

  test('also if its own after is null', async () => {
    const socket = await openedWith({ after: cursors[1] });
    subscribe(socket, named('Posts', '(after: null)'));
    expect(postIdOf(await socket.receive('next'))).toBe(posts[1]);
  });

  test('and one with its own where that says', async () => {
    const socket = await openedWith({ after: cursors[0] });
    subscribe(socket, named('Posts', `(after: "${cursors[1]}")`));
    expect(postIdOf(await socket.receive('next'))).toBe(posts[1]);
  });

  test.each([{}, { after: null }, { after: {} }, { after: { Posts: null } }])(
    'and with what comes now if it says nothing: %j',
    async (payload) => {
      const socket = await openedWith(payload);
      subscribe(socket, named('Posts'));
      expect(await heard(socket)).toEqual([]);
    },
  );

  test('queries and mutations beside it take no notice', async () => {
    const socket = await openedWith({ after: 'no cursor' });
    subscribe(socket, '{ hello { message } }');
    expect(await socket.codes()).toEqual([]);
  });
});

describe('a cursor of connection_init that is none', () => {
  const bad = ['', 'x', 'AAAAAAAAAAA', 'A'.repeat(24), 'A'.repeat(3_000), '\u0000', '{}', ' ', 'null', '🙂'];
  test.each(bad)('is BAD_USER_INPUT of the subscription that it serves: %j', async (after) => {
    for (const given of [after, { Posts: after }]) {
      const socket = await openedWith({ after: given });
      subscribe(socket, named('Posts'));
      expect(await socket.codes()).toEqual(['BAD_USER_INPUT']);
      subscribe(socket, named('Posts', `(after: "${cursors[1]}")`), { id: '2' });
      expect(postIdOf(await socket.receive('next'))).toBe(posts[1]);
    }
  });

  const wrongForms = [
    0,
    7,
    -1.5,
    true,
    false,
    [],
    ['x'],
    [null],
    { Posts: 7 },
    { Posts: true },
    { Posts: {} },
    { Posts: ['x'] },
    { Good: 'x', Posts: { after: 'x' } },
    Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`a${n}`, 'x'])),
  ];
  test.each(wrongForms.map((after) => [JSON.stringify(after).slice(0, 40), after]))(
    'or no cursor at all closes the socket with 4400, and says what is asked for: %s',
    async (_, after) => {
      const socket = await Socket.open(nobody);
      socket.send({ type: 'connection_init', payload: { after } });
      expect(await socket.closed()).toEqual({
        code: 4400,
        reason: expect.stringMatching(/^after: give a cursor, or an object of .* cursors by operation name$/),
      });
    },
  );
});

test('is forgotten after a minute: what begins later is new', () => {
  vi.useFakeTimers();
  try {
    const points = [ResumePoint.read('x'), ResumePoint.read({ Posts: 'x' })];
    const read = () => points.map((point) => point?.cursorFor('Posts'));
    vi.advanceTimersByTime(59_999);
    expect(read()).toEqual(['x', 'x']);
    vi.advanceTimersByTime(1);
    expect(read()).toEqual([undefined, undefined]);
  } finally {
    vi.useRealTimers();
  }
});
