import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createHttpServer } from '../../src/transport/http-server.ts';
import { RawConnection, rawRequest } from '../kit/raw.ts';
import { whenDone } from '../kit/when-done.ts';

const deadlines = { headers: 200, request: 400, silence: 600, interval: 50 };

async function serve(prepare: (server: FastifyInstance) => void = () => undefined): Promise<string> {
  const log = pino({ level: 'silent' });
  const server = await createHttpServer({
    log,
    maxBody: 1_000,
    isAllowedOrigin: () => false,
    isAllowedHost: () => true,
    flowOf: () => 'somebody',
    deadlines,
  });
  server.get('/', async () => 'hello');
  server.post('/', async () => 'hello');
  prepare(server);
  whenDone(() => server.close());
  return server.listen({ port: 0 });
}

describe('a client that is slow', () => {
  test.each([
    ['and says nothing', ''],
    ['in its headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
    [
      'in its body',
      rawRequest('POST / HTTP/1.1', ['content-type: application/json', 'content-length: 5'], '{'),
    ],
  ])('%s is told so, and let go', async (_, text) => {
    const answer = await new RawConnection(await serve()).write(text).toTheEnd();
    expect(answer).toMatch(/^HTTP\/1\.1 408 .*x-content-type-options: nosniff/s);
  });

  test('byte by byte has no more time than others', async () => {
    const connection = new RawConnection(await serve()).write('GET / HTTP/1.1\r\nhost: x\r\nx: ');
    const timer = setInterval(() => connection.write('x'), 20);
    whenDone(() => clearInterval(timer));
    expect(await connection.toTheEnd()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('and does not read its answer is let go', async () => {
    const gone = Promise.withResolvers<void>();
    const url = await serve((server) => {
      server.get('/large', (_request, reply) => {
        reply.raw.once('close', () => gone.resolve());
        reply.send(Buffer.alloc(64 * 1024 * 1024));
      });
    });
    new RawConnection(url).write(rawRequest('GET /large HTTP/1.1')).pause();
    await gone.promise;
  });
});
