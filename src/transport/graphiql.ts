import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

export interface GraphiqlOptions {
  /** If false, /graphiql answers 404. */
  enabled: boolean;
  /** The directory that `buildGraphiql` of graphiql/build.mjs wrote to. */
  assetsDir: string;
  /** Whether the page offers to sign in with the demo accounts. */
  demoAccounts?: boolean;
}

/**
 * Monaco writes style elements and attributes, and has small images in its CSS. Otherwise the page may load
 * only what this server serves. `connect-src 'self'` covers WebSockets to the same host too.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A worker has the policy of its own file, so the files are sent with the page's. */
const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Serves GraphiQL without third parties: the page at /graphiql, never cached, and its files below
 * /graphiql/assets/, cached for a year, because their names change with their contents.
 * @throws Error if GraphiQL is enabled but not built
 */
export async function registerGraphiql(fastify: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  if (!options.enabled) return;
  const page = await readPage(options);
  fastify.get('/graphiql', (_request, reply) =>
    reply.headers(headers).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page),
  );
  // The page refers to its files relative to /graphiql, so that a proxy may serve it below a path.
  fastify.get('/graphiql/', (_request, reply) => reply.redirect('../graphiql', 308));
  await fastify.register(fastifyStatic, {
    root: join(options.assetsDir, 'assets'),
    prefix: '/graphiql/assets/',
    decorateReply: false,
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
    setHeaders: (reply) => void reply.headers(headers),
  });
}

async function readPage({ assetsDir, demoAccounts }: GraphiqlOptions): Promise<string> {
  const path = join(assetsDir, 'index.html');
  const page = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`GraphiQL is not built: ${path} cannot be read`, { cause });
  });
  return demoAccounts ? page.replace('data-demo-accounts="off"', 'data-demo-accounts="on"') : page;
}
