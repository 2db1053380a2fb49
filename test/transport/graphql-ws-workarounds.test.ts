import { buildSchema } from 'graphql';
import { makeServer } from 'graphql-ws';
import { expect, test } from 'vitest';
import { clear, handleText, reviveIncoming } from '../../src/transport/graphql-ws-workarounds.ts';

/** graphql-ws without a network: the texts it is handed, what it sends, and the codes with which it closes. */
function open() {
  const [handed, sent, codes, queries]: [string[], string[], unknown[], unknown[]] = [[], [], [], []];
  let handle: (text: string) => Promise<void> = async () => undefined;
  const server = makeServer({
    schema: buildSchema('type Query { word: String }'),
    roots: { query: { word: 'yes' } },
    jsonMessageReviver: reviveIncoming,
    onSubscribe: (_socket, _id, payload) => {
      queries.push(payload.query);
      return undefined;
    },
  });
  const closed = server.opened(
    {
      protocol: 'graphql-transport-ws',
      send: async (text) => void sent.push(text),
      close: (code) => void codes.push(code),
      onMessage(given) {
        handle = (text) => {
          handed.push(text);
          return given(text);
        };
      },
    },
    {},
  );
  const say = (text: string) => handleText(text, (standIn) => handle(standIn));
  return { say, handed, sent, codes, queries, close: () => closed(1000, '') };
}

test('graphql-ws is handed a stand-in, and does what the text says', async () => {
  const { say, handed, sent, codes, queries, close } = open();
  await say('{"type":"connection_init"}');
  const ask = (id: string) =>
    JSON.stringify({ id, type: 'subscribe', payload: { query: `{ word } # ${'x'.repeat(1_000)}` } });
  await Promise.all(['a', 'b'].map((id) => say(ask(id))));
  expect(new Set(handed)).toEqual(new Set(['0']));
  expect(queries).toHaveLength(2);
  const results = sent.map((text) => JSON.parse(text)).filter(({ type }) => type === 'next');
  expect(results.map(({ id, payload }) => [id, payload.data.word])).toEqual([
    ['a', 'yes'],
    ['b', 'yes'],
  ]);
  expect(codes).toEqual([]);
  await close();
});

test.each(['', '0', '{', '"0"', 'null', '[0]', '{"type":"nonsense"}', '{"type":"subscribe"}'])(
  'what is no message is closed with 4400: %s',
  async (text) => {
    const { say, codes, close } = open();
    await say(text);
    expect(codes).toEqual([4400]);
    await close();
  },
);

test('of an object that is kept, nothing is kept in it', () => {
  const payload: Record<string, unknown> = { query: 'x', variables: { a: 1 } };
  clear(payload);
  expect(payload).toEqual({});
});
