import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import type { Config } from '../config.ts';

/** The address from which a request or an upgrade comes, as far as the proxies in front of this server are believed. */
export type ClientAddress = (request: IncomingMessage) => string | null;

/**
 * One rule for HTTP and WebSocket. What stands in `X-Forwarded-For` counts from its end, for as long as the hops are
 * trusted: with a number of hops or with networks, a client can't choose its own address.
 */
export function clientAddress(trusted: Config['trustProxy']): ClientAddress {
  const isTrusted = trustOf(trusted);
  return (request) => {
    // The other side may have hung up already; then there is no address.
    if (request.socket.remoteAddress === undefined) return null;
    return proxyAddr(request, isTrusted);
  };
}

function trustOf(trusted: Config['trustProxy']): (address: string, hop: number) => boolean {
  if (typeof trusted === 'boolean') return () => trusted;
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  return proxyAddr.compile([...trusted]);
}
