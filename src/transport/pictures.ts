import type { FastifyInstance } from 'fastify';

/** An SVG that is opened by itself is a document: these headers keep it from loading and running anything. */
const headers = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'content-type': 'image/svg+xml; charset=utf-8',
  'x-content-type-options': 'nosniff',
  // Pages of other origins show these pictures.
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'public, max-age=31536000, immutable',
};

/** Serves pictures as immutable: one that changes gets another path. */
export function registerPictures(server: FastifyInstance, pictures: ReadonlyMap<string, string>): void {
  for (const [path, svg] of pictures) server.get(path, (_request, reply) => reply.headers(headers).send(svg));
}
