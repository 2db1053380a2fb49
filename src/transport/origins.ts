import type { Config } from '../config.ts';

/** Decides which origins may call from a browser, over HTTP and WebSocket. */
export type IsAllowedOrigin = (origin: string) => boolean;

/**
 * Allows the origins in the settings and the server's own. If the settings name none, and outside production,
 * it also allows every page served from this machine.
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

/** The URL that clients use for this server; if no setting gives it, it is known once the port is. */
export interface OwnAddress {
  url: string | undefined;
}

/** @throws Error if it is called before the server listens, which no request can do */
export function addressOf({ url }: Readonly<OwnAddress>): string {
  if (url === undefined) throw new Error('The server does not listen yet.');
  return url;
}

/** Allows what the settings say, and the server's own origin from when it is known. */
export function originRule(
  { corsOrigins, production }: Pick<Config, 'corsOrigins' | 'production'>,
  own: Readonly<OwnAddress>,
): IsAllowedOrigin {
  return (origin) => allowedOrigins(corsOrigins, own.url, production)(origin);
}

/** For example `http://127.0.0.1:4000`. */
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
