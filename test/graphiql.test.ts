import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraphiql } from '../graphiql/build.mjs';
import { type GraphiqlOptions, registerGraphiql } from '../src/transport/graphiql.ts';

let assetsDir: string;
const opened: FastifyInstance[] = [];

beforeAll(async () => {
  assetsDir = await mkdtemp(join(tmpdir(), 'graphiql-'));
  await buildGraphiql({ outDir: assetsDir });
});

afterAll(async () => {
  for (const fastify of opened) await fastify.close();
  await rm(assetsDir, { recursive: true, force: true });
});

async function serve(options: Partial<GraphiqlOptions> = {}): Promise<FastifyInstance> {
  const fastify = Fastify();
  opened.push(fastify);
  await registerGraphiql(fastify, { enabled: true, assetsDir, ...options });
  return fastify;
}

function filesNamedIn(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => `/${path}`);
}

describe('GET /graphiql', () => {
  it('is a page that is never stored and may load from this server alone', async () => {
    const fastify = await serve();
    const response = await fastify.inject('/graphiql');
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const policy = String(response.headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toMatch(/https?:|\*|unsafe-eval/);
  });

  it('names only files that are served here, for good, each once', async () => {
    const fastify = await serve();
    const names = filesNamedIn((await fastify.inject('/graphiql')).body);
    expect(names.length).toBeGreaterThan(5);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      const response = await fastify.inject(name);
      expect([name, response.statusCode]).toEqual([name, 200]);
      expect(response.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(response.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('sends scripts compressed to who understands that', async () => {
    const fastify = await serve();
    const names = filesNamedIn((await fastify.inject('/graphiql')).body);
    const script = names.find((name) => /\/page-\w+\.js$/.test(name));
    const plain = await fastify.inject(String(script));
    for (const encoding of ['br', 'gzip']) {
      const compressed = await fastify.inject({
        url: String(script),
        headers: { 'accept-encoding': encoding },
      });
      expect(compressed.headers['content-encoding']).toBe(encoding);
      expect(compressed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
    }
  });

  it('offers the demo accounts only where there are any', async () => {
    const without = await serve();
    const withThem = await serve({ demoAccounts: true });
    expect((await without.inject('/graphiql')).body).toContain('data-demo-accounts="off"');
    expect((await withThem.inject('/graphiql')).body).toContain('data-demo-accounts="on"');
  });

  it('is found with a slash behind it too', async () => {
    const fastify = await serve();
    const response = await fastify.inject('/graphiql/');
    expect([response.statusCode, response.headers.location]).toEqual([308, '../graphiql']);
  });

  it('lets nobody out of the directory of its assets', async () => {
    const fastify = await serve();
    for (const path of ['../index.html', '..%2findex.html', '%2e%2e/index.html']) {
      expect((await fastify.inject(`/graphiql/assets/${path}`)).body).not.toContain('<html');
    }
  });
});

describe('without GraphiQL', () => {
  it('has neither the page nor its files where it is off', async () => {
    const names = filesNamedIn((await (await serve()).inject('/graphiql')).body);
    const fastify = await serve({ enabled: false });
    for (const path of ['/graphiql', '/graphiql/', ...names]) {
      expect((await fastify.inject(path)).statusCode).toBe(404);
    }
  });

  it('does not start where it is on and was not built', async () => {
    await expect(serve({ assetsDir: join(assetsDir, 'nowhere') })).rejects.toThrow(/not built/);
  });
});
