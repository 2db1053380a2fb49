import type { Config } from '../config.ts';

/** Decides which origins may call from a browser, over HTTP as well as over a WebSocket. */
export type IsAllowedOrigin = (origin: string) => boolean;

/**
 * The origins that were named, and the server's own. Where none were named, outside production, also every page that
 * this machine serves itself.
 */
export function allowedOrigins(
  named: readonly string[] | undefined,
  own: string | undefined,
  production: boolean,
): IsAllowedOrigin {
  const origins = new Set([...(named ?? []), ...(own === undefined ? [] : [new URL(own).origin])]);
  const allowLocal = named === undefined && !production;
  return (origin) => origins.has(origin) || (allowLocal && isLocal(origin));
}

/** By what the world calls this server: where no setting says so, it is known once the port is. */
export interface OwnAddress {
  url: string | undefined;
}

/** @throws if it is asked for before the server listens, which no request does */
export function addressOf({ url }: Readonly<OwnAddress>): string {
  if (url === undefined) throw new Error('The server does not listen yet.');
  return url;
}

/** As the settings say; the server's own origin counts from when it is known. */
export function originRule(
  { corsOrigins, production }: Pick<Config, 'corsOrigins' | 'production'>,
  own: Readonly<OwnAddress>,
): IsAllowedOrigin {
  return (origin) => allowedOrigins(corsOrigins, own.url, production)(origin);
}

/** Such as `http://127.0.0.1:4000`. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return (
    hostname === 'localhost' ||
    hostname === '127.0.0.1' ||
    hostname === '[::1]' ||
    hostname.endsWith('.localhost')
  );
}
