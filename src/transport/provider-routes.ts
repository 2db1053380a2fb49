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
  /** @throws ApiError RATE_LIMITED if the address has no points left */
  pay(device: Device, points: number): Promise<void>;
}

/** Cost points of each request, which needs several queries to PostgreSQL and usually one to the provider. */
const price = 10;

/** As long as a sign-in may take, in seconds. */
const cookieAge = 600;

const startQuery = z.strictObject({ returnTo: z.string().optional(), link: z.string().optional() });
/** Providers may add parameters, each at most once. */
const returnQuery = z.object({ state: z.string() }).catchall(z.string());

/** The error handler answers it with 400. */
class BadRequest extends Error {
  readonly statusCode = 400;
}

/**
 * The browser's way to each provider and back: `/auth/<name>` and `/auth/<name>/callback`. Both answer with a
 * redirect, or with 400 if there is nowhere to redirect to.
 */
export async function registerProviders(server: FastifyInstance, options: ProviderRoutes): Promise<void> {
  const plugin: FastifyPluginAsync = async (routes) => {
    await routes.register(cookies);
    routes.addHook('onRequest', async (_request, reply) => {
      // These addresses contain codes, and so do those that they redirect to.
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
  // A HEAD request, which link checkers send, must not use up a state or a link.
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

/** @throws every error that is not RATE_LIMITED; the error handler masks it */
function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof ApiError) || error.code !== 'RATE_LIMITED') throw error;
  const { code, message, details } = error;
  reply.code(429).header('retry-after', String(details.retryAfter));
  return reply.send({ errors: [{ message, extensions: { code, ...details } }] });
}

function redirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.redirect(location, 303);
}

/** All sign-ins of a browser share one secret, so that several can run at once in several tabs. */
function keep(reply: FastifyReply, browser: string, publicUrl: string): FastifyReply {
  const { name, ...attributes } = cookieOf(publicUrl);
  return reply.setCookie(name, browser, attributes);
}

function secretOf(request: FastifyRequest, publicUrl: string): string | undefined {
  const secret = request.cookies[cookieOf(publicUrl).name];
  return secret !== undefined && isSecret(secret) ? secret : undefined;
}

/** `Lax`, because the way back from the provider comes from another site. */
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
