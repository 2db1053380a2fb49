import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { captureLog } from '../kit/log.ts';
import { type Message, Socket } from '../kit/socket.ts';
import { hashOf, jsonOf, malformed, persisted, type Request, requests } from './requests.ts';

const app = await startApp({ LOG_LEVEL: 'error' });
const { client, seed } = app;
const person = await seed.user();
/** Nothing that a client writes may cause a server failure. */
const lines = captureLog(app);

/** The answer in a form that does not depend on how the request was sent. */
interface Heard {
  readonly data: unknown;
  readonly errors: unknown;
}

const heard = (body: { readonly data?: unknown; readonly errors?: unknown }): Heard => ({
  data: body.data ?? null,
  errors: body.errors ?? null,
});

async function overHttp(json: string): Promise<Heard> {
  const headers = { 'content-type': 'application/json' };
  const { status, body } = await person.client.fetch('/graphql', { method: 'POST', headers, body: json });
  if (status !== 200) throw new Error(`${json} is answered with ${status}: ${JSON.stringify(body)}`);
  return heard(body);
}

async function overGet({ query, operationName, variables, extensions }: Request): Promise<Heard> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ query, operationName, variables, extensions })) {
    if (value !== undefined && value !== null) search.set(name, value);
  }
  const { body } = await person.client.fetch(`/graphql?${search}`, {});
  return heard(body);
}

/** A socket on which other operations run meanwhile. */
class BusySocket {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(): Promise<BusySocket> {
    const authorization = `Bearer ${person.accessToken}`;
    const socket = await Socket.acknowledged(client, { authorization });
    socket.send({ id: 'goes on', type: 'subscribe', payload: { query: posts } });
    socket.send({ type: 'ping' });
    await socket.receive('pong');
    return new BusySocket(socket);
  }

  async ask(json: string, before = ''): Promise<Heard> {
    this.#socket.send(`${before}{"id":"1","type":"subscribe","payload":${json}}`);
    const { type, payload } = await this.#socket.receive('next', 'error');
    if (type === 'error') return { data: null, errors: payload };
    await this.#socket.receive('complete');
    return heard(Object(payload));
  }

  /** @throws if the other operations have not gone on */
  async hearsOthers(): Promise<void> {
    const { id } = await seed.post(person);
    const { id: operation, payload }: Message = await this.#socket.receive('next');
    expect([operation, payload]).toEqual(['goes on', { data: { postChanged: { postId: id } } }]);
  }
}

const posts = 'subscription { postChanged { postId } }';

describe('the same is answered over HTTP and WebSocket, and nothing else on the socket ends:', () => {
  test.each(Object.entries(requests))('%s', async (_, kind) => {
    expect(kind.length).toBeGreaterThanOrEqual(10);
    const socket = await BusySocket.open();
    for (const request of kind) {
      const json = jsonOf(request);
      const first = await overHttp(json);
      const expected = [json, first];
      expect([json, await socket.ask(json)]).toEqual(expected);
      expect([json, await overHttp(json)]).toEqual(expected);
      const isQuery = request.query === undefined || /^\s*(?:query|\{)/.test(request.query);
      if (isQuery && !request.jsonOnly) expect([json, await overGet(request)]).toEqual(expected);
    }
    await socket.hearsOthers();
    expect(lines).toEqual([]);
  });

  test('a byte order mark', async () => {
    const socket = await BusySocket.open();
    for (const kind of Object.values(requests)) {
      for (const request of kind.slice(0, 3)) {
        const json = jsonOf(request);
        expect(await overHttp(`\ufeff${json}`)).toEqual(await socket.ask(json, '\ufeff'));
        expect(await overHttp(`\ufeff${json}`)).toEqual(await overHttp(json));
      }
    }
    await socket.hearsOthers();
  });

  test('what registers a document over one of them is known over the other', async () => {
    const socket = await BusySocket.open();
    for (const [register, know] of [
      [overHttp, (json: string) => socket.ask(json)],
      [(json: string) => socket.ask(json), overHttp],
    ] as const) {
      const text = `{ a${hashOf(register.toString()).slice(0, 8)}: __typename }`;
      const extensions = persisted(hashOf(text));
      expect((await know(jsonOf({ extensions }))).errors).toMatchObject([
        { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
      ]);
      const { data } = await register(jsonOf({ query: text, extensions }));
      expect(await know(jsonOf({ extensions }))).toEqual({ data, errors: null });
    }
  });
});

describe('what is no request is refused with 400 and with 4400:', () => {
  test.each(Object.entries(malformed))('%s', async (_, bodies) => {
    expect(bodies.length).toBeGreaterThanOrEqual(10);
    await Promise.all(
      bodies.map(async (body) => {
        const headers = { 'content-type': 'application/json' };
        const { status } = await person.client.fetch('/graphql', { method: 'POST', headers, body });
        const socket = await Socket.acknowledged(client);
        socket.send(`{"id":"1","type":"subscribe","payload":${body}}`);
        expect([body, status, await socket.closeCode()]).toEqual([body, 400, 4400]);
      }),
    );
    expect(lines).toEqual([]);
  });
});
