import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Socket as Connection, connect } from 'node:net';
import { expect, test } from 'vitest';
import { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { Seed } from '../kit/seed.ts';
import { startProcess } from '../kit/server-process.ts';
import { createSite, type Site } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';
import { whenDone } from '../kit/when-done.ts';
import { withClient } from '../setup/postgres.ts';

test('a process that is told to stop finishes what runs, and waits for nobody who is mute', async () => {
  const site = await createSite();
  const server = await startProcess(site, { STOP_GRACE: '2s' });
  const client = new Client(server.url);
  const author = await new Seed(client, site).user();
  for (let index = 0; index < 20; index++) await openMute(server.url, upgrade);
  for (const said of unfinished) await openMute(server.url, said);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => Socket.acknowledged(client)));
  const closings = sockets.map(async (socket) => ({ ...(await socket.closed()), at: Date.now() }));

  const { exit, answer } = await withClient(site.variables.DATABASE_URL ?? '', async (holder) => {
    // The last statement of a mutation waits for this lock.
    await holder.query('begin; lock table live_event in exclusive mode');
    const answer = new Seed(client, site).post(author);
    await eventually(() => isWaiting(site));
    const exit = server.stop();
    await eventually(async () => (await client.fetch('/readyz', {})).status === 503);
    // Stock clients give up after a refused upgrade, but reconnect after this code.
    expect(await (await Socket.open(client)).closed()).toEqual({
      code: 1012,
      reason: 'The server is restarting; reconnect.',
    });
    await expect(Socket.open(client, { origin: 'https://elsewhere.example' })).rejects.toThrow('403');
    await openMute(server.url, upgrade);
    await Promise.all(closings);
    await holder.query('commit');
    return { exit, answer };
  });

  expect(await answer).toMatchObject({ author: { id: author.id } });
  // It fails if that takes more than 10 s.
  expect(await exit).toBe(0);
  const closed = await Promise.all(closings);
  expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([1012]));
  const times = closed.map(({ at }) => at);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(500);
}, 40_000);

const upgrade = [
  'GET /graphql HTTP/1.1',
  'host: questline',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-protocol: graphql-transport-ws',
  `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
  '\r\n',
].join('\r\n');

/** What is sent on connections whose requests never end, and on one whose upgrade is refused. */
const unfinished = [
  '',
  'POST /graphql HTTP/1.1\r\nhost: questline\r\n',
  'POST /graphql HTTP/1.1\r\nhost: questline\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  upgrade.replace('/graphql', '/elsewhere'),
];

/** A final text frame, masked with zeros (RFC 6455, section 5.2), so that the server does not wait for more of it. */
const init = '{"type":"connection_init"}';
const initFrame = Buffer.concat([Buffer.from([0x81, 0x80 + init.length, 0, 0, 0, 0]), Buffer.from(init)]);

/** A connection that sends `said` and then neither reads nor writes. */
async function openMute(url: string, said: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const connection = connect({ host: hostname, port: Number(port) });
  whenDone(() => connection.destroy());
  connection.on('error', () => undefined);
  await once(connection, 'connect');
  connection.write(said);
  if (said === upgrade) {
    await once(connection, 'data');
    connection.write(initFrame);
  }
  connection.pause();
  return connection;
}

async function isWaiting({ sql }: Site): Promise<boolean> {
  const waiting = await sql(
    `select from pg_locks where relation = 'live_event'::regclass and not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return waiting.length > 0;
}
