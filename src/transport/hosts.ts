import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import type { Config } from '../config.ts';

/** Whether the `Host` of a request or an upgrade is one of this server's names. */
export type IsAllowedHost = (request: IncomingMessage) => boolean;

type HostSettings = Pick<Config, 'allowedHosts' | 'publicUrl' | 'production'>;

/**
 * DNS rebinding: the name of a page is made to resolve to this machine after it was loaded. For the browser,
 * the page then has the same origin as this server. Only its own name in `Host` gives it away.
 */
export function hostRule({ allowedHosts, publicUrl, production }: HostSettings): IsAllowedHost {
  if (allowedHosts === undefined && production) return () => true;
  const names = [...(allowedHosts ?? []), ...(publicUrl === undefined ? [] : [hostnameOf(publicUrl)])];
  const exact = new Set(names.filter((name) => !name.startsWith('*.')));
  const suffixes = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  const local = allowedHosts === undefined;
  return (request) => {
    // HTTP/1.0 needs no `Host`, and no browser uses it.
    if (request.headers.host === undefined) return true;
    const host = hostOf(request);
    if (host === null) return false;
    return (
      exact.has(host) || suffixes.some((suffix) => host.endsWith(suffix)) || (local && isThisMachine(host))
    );
  };
}

/** The answer if the host is not allowed, over HTTP and to an upgrade alike (RFC 9110, 15.5.20). */
export const misdirected = {
  status: 421,
  title: `421 ${STATUS_CODES[421]}`,
  body: {
    errors: [
      {
        message: 'This server does not serve that host name. ALLOWED_HOSTS lists the names that it serves.',
        extensions: { code: 'BAD_REQUEST' },
      },
    ],
  },
} as const;

/**
 * The host in lower case, without port; IPv6 in brackets. Null if there is none, more than one, or an invalid
 * one.
 */
function hostOf({ headersDistinct }: IncomingMessage): string | null {
  const [given, ...more] = headersDistinct.host ?? [];
  if (given === undefined || more.length > 0) return null;
  const [, host] =
    /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,126}\.?)(?::\d{0,5})?$/i.exec(given) ??
    [];
  return host?.toLowerCase().replace(/\.$/, '') ?? null;
}

function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/\.$/, '');
}

/** Only `localhost` resolves without a name server, and an address can't be rebound. */
function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    isIPv4(host) ||
    (host.startsWith('[') && isIPv6(host.slice(1, -1)))
  );
}
