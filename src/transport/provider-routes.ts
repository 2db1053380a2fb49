import cookies, { type CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Device } from '../auth/device.ts';
import type { Provider } from '../auth/provider.ts';
import { isSecret, newSecret } from '../auth/secret.ts';
import { ApiError } from '../domain/errors.ts';
import type { ProviderService } from '../services/provider.service.ts';

export interface ProviderRoutes {
  readonly service: ProviderService;
  deviceOf(request: FastifyRequest): Device;
  /** @throws ApiError RATE_LIMITED where the address has spent what it may */
  pay(device: Device, points: number): Promise<void>;
}

/** Cost points of each request: it asks PostgreSQL several times, and mostly the provider. */
const price = 10;

/** As long as a flow. */
const cookieAge = 600;

const startQuery = z.strictObject({ returnTo: z.string().optional(), link: z.string().optional() });
/** Providers may add what they like, but each once. */
const returnQuery = z.object({ state: z.string() }).catchall(z.string());

/** What the error handler answers with 400. */
class BadRequest extends Error {
  readonly statusCode = 400;
}

/**
 * The browser's way to each provider and back: `/auth/<name>` and `/auth/<name>/callback`. Both answer with a redirect,
 * or with 400 where there is nowhere to go.
 */
export async function registerProviders(server: FastifyInstance, options: ProviderRoutes): Promise<void> {
  const plugin: FastifyPluginAsync = async (routes) => {
    await routes.register(cookies);
    routes.addHook('onRequest', async (_request, reply) => {
      // Codes stand in these addresses, and in those that they lead to.
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    });
    routes.addHook('onRequest', async (request, reply) => {
      try {
        await options.pay(options.deviceOf(request), price);
      } catch (error) {
        return refuse(reply, error);
      }
    });
    for (const provider of options.service.providers) registerProvider(routes, provider, options);
  };
  await server.register(plugin);
}

function registerProvider(routes: FastifyInstance, provider: Provider, options: ProviderRoutes): void {
  const { service, deviceOf } = options;
  const path = `/auth/${provider.name}`;
  // A HEAD, as link checkers send it, must not use anything up.
  const route = { exposeHeadRoute: false };

  routes.get(path, route, async (request, reply) => {
    const { data } = startQuery.safeParse(request.query);
    if (data === undefined) throw new BadRequest('Each parameter may be given once: returnTo, or link.');
    const browser = secretOf(request, service.publicUrl) ?? newSecret();
    const location = await service.begin(provider, data, browser);
    if (location === null)
      throw new BadRequest('Nobody is sent back to there, or the link is used or expired.');
    return redirect(keep(reply, browser, service.publicUrl), location);
  });

  routes.get(`${path}/callback`, route, async (request, reply) => {
    const { data } = returnQuery.safeParse(request.query);
    if (data === undefined) throw new BadRequest('This is no answer of the provider.');
    const location = await service.comeBack(provider, {
      state: data.state,
      search: request.url.slice(request.url.indexOf('?')),
      browser: secretOf(request, service.publicUrl),
      device: deviceOf(request),
    });
    if (location === null)
      throw new BadRequest('Nobody waits for this answer, or not any more. Start again.');
    return redirect(reply, location);
  });
}

/** @throws what is nothing that a client is told of */
function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof ApiError) || error.code !== 'RATE_LIMITED') throw error;
  const { code, message, details } = error;
  reply.code(429).header('retry-after', String(details.retryAfter));
  return reply.send({ errors: [{ message, extensions: { code, ...details } }] });
}

function redirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.redirect(location, 303);
}

/** Every flow of a browser has the same secret, so that several at once, in several tabs, come back as they set out. */
function keep(reply: FastifyReply, browser: string, publicUrl: string): FastifyReply {
  const { name, ...attributes } = cookieOf(publicUrl);
  return reply.setCookie(name, browser, attributes);
}

function secretOf(request: FastifyRequest, publicUrl: string): string | undefined {
  const secret = request.cookies[cookieOf(publicUrl).name];
  return secret !== undefined && isSecret(secret) ? secret : undefined;
}

/** `Lax`, for the way back from the provider comes from another site. */
function cookieOf(publicUrl: string): CookieSerializeOptions & { readonly name: string } {
  const { protocol, pathname } = new URL(`${publicUrl}/auth`);
  const secure = protocol === 'https:';
  return {
    name: secure ? '__Secure-questline_browser' : 'questline_browser',
    path: pathname,
    httpOnly: true,
    sameSite: 'lax',
    secure,
    maxAge: cookieAge,
  };
}
