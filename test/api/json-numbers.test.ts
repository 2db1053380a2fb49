import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';

const { seed, client: nobody } = await startApp();
const admin = await seed.admin();

/** Beyond 2^53 - 1, as people write them; JavaScript reads two of them as the same number. */
const beyond = [
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '1234567890123456789',
  '1e16',
  '-1E+300',
]
  .concat(['18446744073709551615', '9007199254740993.0', '9223372036854775807', '1.7976931348623157e308'])
  .concat([`1${'0'.repeat(300)}`, '100000000000000000000']);
const within = [
  '9007199254740991',
  '-9007199254740991',
  '0',
  '-0',
  '0.1',
  '1e15',
  '1234567890.12345',
  '5e-324',
];

/** Places where a number can be in an object. */
const shapes = [(n: string) => `{"n":${n}}`, (n: string) => `{"a":[1,{"order":{"ids":["7",${n}]}}]}`];

const createQuest =
  'mutation ($input: CreateQuestInput!) { createQuest(input: $input) { userErrors { code field } } }';
const record =
  'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome message } } }';

/** JSON as a literal in a document. */
const literal = (json: string) => json.replace(/"(\w+)":/g, '$1:');

interface Way {
  readonly name: string;
  readonly quest: (match: string) => string;
  readonly event: (data: string) => string;
}

// Numbers are written into the text of the request: JSON.stringify would round them.
const ways: readonly Way[] = [
  {
    name: 'in variables',
    quest: (match) =>
      `{"query":${JSON.stringify(createQuest)},"variables":{"input":{"name":"${unique('Q')}","eventType":"a.b","eventMatch":${match}}}}`,
    event: (data) =>
      `{"query":${JSON.stringify(record)},"variables":{"events":[{"eventId":"${randomUUID()}","eventType":"a.b","timestamp":"${new Date().toISOString()}","data":${data}}]}}`,
  },
  {
    name: 'in the document',
    quest: (match) =>
      JSON.stringify({
        query: `mutation { createQuest(input: { name: "${unique('Q')}", eventType: "a.b", eventMatch: ${literal(match)} }) { userErrors { code field } } }`,
      }),
    event: (data) =>
      JSON.stringify({
        query: `mutation { recordEvents(input: { events: [{ eventId: "${randomUUID()}", eventType: "a.b", timestamp: "${new Date().toISOString()}", data: ${literal(data)} }] }) { results { outcome message } } }`,
      }),
  },
];

async function overHttp(request: string): Promise<string> {
  const { body } = await admin.client.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request,
  });
  return JSON.stringify(body);
}

const socket = await Socket.acknowledged(nobody, { authorization: `Bearer ${admin.accessToken}` });

async function overWebSocket(request: string): Promise<string> {
  socket.send(`{"id":"1","type":"subscribe","payload":${request}}`);
  const { payload } = await socket.receive('next', 'error');
  await socket.receive('complete');
  return JSON.stringify(payload);
}

const transports = [
  { over: 'HTTP', ask: overHttp },
  { over: 'WebSocket', ask: overWebSocket },
];

describe.each(ways)('$name', ({ quest, event }) => {
  test.each(transports)(
    'over $over, a number that would be rounded is refused by its field',
    async ({ ask }) => {
      for (const [n, number] of beyond.entries()) {
        for (const shape of n === 0 ? shapes : shapes.slice(0, 1)) {
          const refused = await ask(quest(shape(number)));
          expect([number, refused]).toEqual([number, refusedBy('eventMatch')]);
          const rejected = await ask(event(shape(number)));
          expect([number, rejected]).toEqual([
            number,
            expect.stringMatching(/"REJECTED","message":"data: Cannot contain a number/),
          ]);
        }
      }
    },
  );

  test.each(transports)('over $over, every other is taken as it is', async ({ ask }) => {
    for (const number of [...within, '"9007199254740993"', '"1e400"']) {
      expect([number, await ask(quest(`{"n":${number}}`))]).toEqual([
        number,
        expect.stringContaining('"userErrors":[]'),
      ]);
      expect([number, await ask(event(`{"n":${number}}`))]).toEqual([
        number,
        expect.stringContaining('ACCEPTED'),
      ]);
    }
  });
});

const refusedBy = (field: string) =>
  JSON.stringify({ data: { createQuest: { userErrors: [{ code: 'INVALID', field: ['input', field] }] } } });
