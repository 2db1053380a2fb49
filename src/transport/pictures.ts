import type { FastifyInstance } from 'fastify';

/** An SVG is a document where it is opened by itself: this one loads nothing and runs nothing. */
const headers = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'content-type': 'image/svg+xml; charset=utf-8',
  'x-content-type-options': 'nosniff',
  // Pages of other origins show them.
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'public, max-age=31536000, immutable',
};

/** Serves pictures, each for good: what changes gets another path. */
export function registerPictures(server: FastifyInstance, pictures: ReadonlyMap<string, string>): void {
  for (const [path, svg] of pictures) server.get(path, (_request, reply) => reply.headers(headers).send(svg));
}
