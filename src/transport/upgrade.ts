import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type IsAllowedHost, misdirected } from './hosts.ts';
import type { IsAllowedOrigin } from './origins.ts';
import { answerRaw } from './raw-answer.ts';

export interface UpgradeRules {
  /** The path of sockets. */
  readonly path: string;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly isAllowedHost: IsAllowedHost;
}

/** The answer to an upgrade that is refused. */
export interface UpgradeRefusal {
  readonly status: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const wrongHost: UpgradeRefusal = {
  status: misdirected.title,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(misdirected.body),
};

/** The only version of the protocol that was standardized; drafts sent the origin in another header. */
const version = '13';

export function refusalOf(request: IncomingMessage, rules: UpgradeRules): UpgradeRefusal | undefined {
  const { headers } = request;
  if (headers.host !== undefined && !rules.isAllowedHost(request)) return wrongHost;
  if (pathOf(request.url ?? '') !== rules.path) return { status: '404 Not Found' };
  if (headers.host === undefined) return { status: '400 Bad Request' };
  if (headers['sec-websocket-version'] !== version)
    return {
      status: '426 Upgrade Required',
      headers: { upgrade: 'websocket', 'sec-websocket-version': version },
    };
  // Clients that are not browsers send no origin; a page of another site must not open a socket for its
  // visitor.
  if (headers.origin === undefined || rules.isAllowedOrigin(headers.origin)) return undefined;
  return { status: '403 Forbidden' };
}

export function refuseUpgrade(stream: Duplex, { status, headers, body }: UpgradeRefusal): void {
  answerRaw(stream, status, headers, body);
}

/**
 * Does not use `URL`, which throws on some of what clients may send, such as `//`. A target may also include
 * the host.
 */
function pathOf(target: string): string {
  const [path = ''] = target.split('?', 1);
  return path.replace(/^(?:http|ws)s?:\/\/[^/]*/i, '');
}
