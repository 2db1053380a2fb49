import { createSecretKey } from 'node:crypto';
import { buildSchema, type DocumentNode, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveSource, type LiveSourceOptions } from '../../src/pubsub/live-source.ts';
import { everyone, type LiveRecord } from '../../src/pubsub/topics.ts';
import type { Context } from '../../src/resolvers/context.ts';
import { LiveCursors } from '../../src/schema/live-cursors.ts';
import { GraphQLLiveOperation } from '../../src/transport/live-operation.ts';
import { LiveSubscriber } from '../../src/transport/live-subscriber.ts';
import { Rendering } from '../../src/transport/rendering.ts';
import { free, openPair, stateOf, viewerOf } from './sockets.ts';

const schema = buildSchema(`
  type Query { never: Int }
  type Subscription { happened(after: String, kind: Float): Event! }
  type Event { seq: Int! role: String session: String bad: String away: String }
`);

const awayError = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const never = () => Promise.reject(new Error('Nothing is read here.'));
const contexts = {
  database: { query: never },
  live: { source: never, checkCursor: never },
  applied: { ofPerson: never },
  mostRead: Number.POSITIVE_INFINITY,
  cursors: new LiveCursors(createSecretKey(Buffer.alloc(32))),
};

const records = (...seqs: number[]): LiveRecord[] =>
  seqs.map((seq) => ({
    seq,
    topic: 'post_changed',
    audience: everyone,
    payload: { action: 'CREATED', postId: String(seq), authorId: everyone },
    occurredAt: new Date(0),
  }));

type Options = Partial<LiveSourceOptions<'post_changed'>>;

function open(
  text: string,
  options: Options = {},
  variableValues?: Record<string, unknown>,
  operationName?: string,
) {
  return openParsed(parse(text), options, variableValues, operationName);
}

function openParsed(
  document: DocumentNode,
  options: Options = {},
  variableValues?: Record<string, unknown>,
  operationName?: string,
) {
  let executions = 0;
  const root = schema.getSubscriptionType()?.getFields().happened;
  if (root === undefined) throw new Error('Something happens.');
  root.resolve = (record: LiveRecord) => {
    executions++;
    return record;
  };
  const source = LiveSource.of({ topic: 'post_changed', audience: everyone, ...options }, 0);
  const presentError = (error: unknown) => ({ message: `presented: ${Object(error).message}` });
  const args = { schema, document, variableValues, operationName };
  const rendering = new Rendering({ contexts, connections: 1 });
  const operation = new GraphQLLiveOperation(
    { args, source },
    {
      rendering,
      presentError,
      maxAnswer: Number.POSITIVE_INFINITY,
    },
  );
  return { operation, executions: () => executions };
}

const fields = schema.getType('Event');
if (fields === undefined || !('getFields' in fields)) throw new Error('There are events.');
const resolvers: Record<string, (record: LiveRecord, args: unknown, context: Context) => unknown> = {
  role: async (_record, _args, context) => context.viewer?.role ?? 'NOBODY',
  session: (_record, _args, context) => context.viewer?.sessionId ?? null,
  bad: () => {
    throw new Error('secret');
  },
  away: ({ seq }) => {
    if (seq % 2 === 0) throw awayError();
    return 'here';
  },
};
for (const [name, resolve] of Object.entries(resolvers)) {
  const field = fields.getFields()[name];
  if (field && 'resolve' in field) field.resolve = resolve;
}

let pair: Awaited<ReturnType<typeof openPair>>;
beforeAll(async () => {
  pair = await openPair();
});

function subscriber(sessionId?: string, role?: 'USER' | 'SERVICE' | 'ADMIN'): LiveSubscriber {
  const viewer = sessionId === undefined ? null : viewerOf(sessionId, role);
  return new LiveSubscriber(stateOf(viewer, pair), 'x', free, () => undefined);
}

/** The payloads that a subscriber receives, as in its message bodies. */
async function payloads(
  { operation }: ReturnType<typeof open>,
  of: readonly LiveRecord[],
  subscribers: readonly LiveSubscriber[],
) {
  const framesOf = await operation.render(of, subscribers);
  return subscribers.map((one) => framesOf(one).map(({ body }) => JSON.parse(`{"id":"1"${body}`).payload));
}

const happened = (event: object) => ({ data: { happened: event } });

describe('an answer', () => {
  test('at which nobody looked whose it is, is made once for all', async () => {
    const opened = open('subscription { happened { seq } }');
    const all = [subscriber(), subscriber('a'), subscriber('b', 'ADMIN')];
    const framesOf = await opened.operation.render(records(1, 2), all);
    const [first, ...others] = all.map((one) => framesOf(one));
    for (const other of others) expect(other).toBe(first);
    expect(first?.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(opened.executions()).toBe(2);
  });

  test('at which somebody looked is made for each session and role, and never again for all', async () => {
    const opened = open('subscription { happened { role } }');
    const all = [
      subscriber(),
      subscriber('a', 'USER'),
      subscriber('a', 'ADMIN'),
      subscriber('a', 'USER'),
      subscriber('b', 'SERVICE'),
      subscriber(),
    ];
    const roles = ['NOBODY', 'USER', 'ADMIN', 'USER', 'SERVICE', 'NOBODY'];
    expect(await payloads(opened, records(1), all)).toEqual(roles.map((role) => [happened({ role })]));
    // One execution for nobody, which is discarded; then one for nobody, and two each for a and b.
    expect(opened.executions()).toBe(5);
    await payloads(opened, records(2), all);
    expect(opened.executions()).toBe(9);
  });

  test('is each session’s own, also where the account is the same', async () => {
    const all = ['a', 'b', 'a'].map((session) => subscriber(session));
    for (const { state } of all) state.viewer = state.viewer && { ...state.viewer, accountId: 'one' };
    const got = await payloads(open('subscription { happened { session } }'), records(1), all);
    expect(got).toEqual(['a', 'b', 'a'].map((session) => [happened({ session })]));
  });

  test('is of the viewer as they are when the event comes', async () => {
    const opened = open('subscription { happened { role } }');
    const one = subscriber('a', 'ADMIN');
    expect(await payloads(opened, records(1), [one])).toEqual([[happened({ role: 'ADMIN' })]]);
    one.state.viewer = viewerOf('a', 'USER');
    expect(await payloads(opened, records(2), [one])).toEqual([[happened({ role: 'USER' })]]);
  });

  test('of many viewers is each one’s own', async () => {
    const opened = open('subscription { happened { role seq } }');
    const all = Array.from({ length: 200 }, (_, index) =>
      subscriber(`s${index}`, index % 3 ? 'USER' : 'ADMIN'),
    );
    const got = await payloads(opened, records(7, 8), all);
    for (const [index, own] of got.entries()) {
      const role = index % 3 ? 'USER' : 'ADMIN';
      expect(own).toEqual([happened({ role, seq: 7 }), happened({ role, seq: 8 })]);
    }
  });
});

describe('what somebody may not hear', () => {
  test('they are not given, each by themselves', async () => {
    const opened = open('subscription { happened { seq } }', {
      audible: ({ postId }, listener) => listener !== null || postId === '2',
      confirm: async (payloads, listener) =>
        payloads.map(({ postId }) => postId !== '3' || listener?.role === 'ADMIN'),
    });
    const got = await payloads(opened, records(1, 2, 3), [
      subscriber(),
      subscriber('a'),
      subscriber('b', 'ADMIN'),
    ]);
    const seqs = got.map((own) => own.map(({ data }) => data.happened.seq));
    expect(seqs).toEqual([[2], [1, 2], [1, 2, 3]]);
  });

  test.each(['audible', 'confirm'] as const)('%s alone makes it each one’s own', async (name) => {
    const decide = (_payload: unknown, listener: { accountId: string } | null) => listener !== null;
    const given =
      name === 'audible'
        ? { audible: decide }
        : {
            confirm: async (payloads: readonly unknown[], listener: { accountId: string } | null) =>
              payloads.map((payload) => decide(payload, listener)),
          };
    const opened = open('subscription { happened { seq } }', given);
    const [nobodys, somebodys] = await payloads(opened, records(1), [subscriber(), subscriber('a')]);
    expect([nobodys, somebodys]).toEqual([[], [happened({ seq: 1 })]]);
  });
});

describe('an error', () => {
  test('of one event goes out as it is presented, and the others are whole', async () => {
    const text = 'subscription { happened { seq bad } }';
    const [got] = await payloads(open(text), records(1, 2), [subscriber()]);
    const errors = [{ message: 'presented: secret' }];
    expect(got).toEqual([1, 2].map((seq) => ({ ...happened({ seq, bad: null }), errors })));
  });

  test.each(['', ' role'])('of a database that is away is thrown: the event is not lost%s', async (more) => {
    const opened = open(`subscription { happened { away${more} } }`);
    await expect(payloads(opened, records(1, 2), [subscriber('a')])).rejects.toThrow('ECONNREFUSED');
    const [got] = await payloads(opened, records(1, 3), [subscriber('a')]);
    expect(got).toHaveLength(2);
  });
});

describe('the key', () => {
  const text =
    'subscription A($after: String, $kind: Float) { happened(after: $after, kind: $kind) { seq } }';
  const keyOf = (...of: Parameters<typeof open>) => open(...of).operation.key;
  const plain = keyOf(text, {}, { kind: 1 });

  test('is the same wherever it begins, and whatever else is given', () => {
    expect(keyOf(text, { after: 7 }, { kind: 1, after: 'x' })).toBe(plain);
    expect(keyOf(text, {}, { kind: 1, unused: 2 })).toBe(plain);
    expect(keyOf(text)).toBe(keyOf(text, {}, {}));
  });

  test('is another for each thing that may make a difference', () => {
    const keys = [
      plain,
      keyOf(text),
      keyOf(text, {}, { kind: null }),
      keyOf(text, {}, { kind: '1' }),
      keyOf(text, {}, { kind: [1] }),
      keyOf(text, {}, { kind: { '0': 1 } }),
      keyOf(text, {}, { kind: true }),
      keyOf(text, {}, { kind: 1 }, 'A'),
      keyOf(text.replace('seq', 'role'), {}, { kind: 1 }),
      keyOf(text, { audience: everyone.replace('0', '1') }, { kind: 1 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('is the same however it is laid out, and whatever its comments say', () => {
    expect(keyOf(`${text} # one`, {}, { kind: 1 })).toBe(plain);
    expect(keyOf(text.replaceAll(' ', '\n,'), {}, { kind: 1 })).toBe(plain);
  });

  test('of a document without its text is of what it says', () => {
    const bare = (source: string) => openParsed(parse(source, { noLocation: true })).operation.key;
    expect(bare('subscription { happened { seq } }')).toBe(bare('subscription { happened { seq } } '));
    expect(bare('subscription { happened { seq } }')).not.toBe(bare('subscription { happened { role } }'));
  });
});
