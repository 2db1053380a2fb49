import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { plainAddress } from '../auth/address-group.ts';
import type { Config } from '../config.ts';

/** The address from which a request or an upgrade comes, as far as the proxies in front of this server are believed. */
export type ClientAddress = (request: IncomingMessage) => string | null;

/**
 * One rule for HTTP and WebSocket. What stands in `X-Forwarded-For` counts from its end, for as long as the hops are
 * trusted: with a number of hops or with networks, a client can't choose its own address. What is no address ends the
 * way, and the hop before it is taken for the client.
 */
export function clientAddress(trusted: Config['trustProxy']): ClientAddress {
  const isTrusted = trustOf(trusted);
  return (request) => {
    // The other side may have hung up already; then there is no address.
    if (request.socket.remoteAddress === undefined) return null;
    const hops = proxyAddr.all(request, (text, hop) => {
      const address = addressOf(text);
      return address !== null && isTrusted(address, hop);
    });
    return addressOf(hops.at(-1)) ?? addressOf(hops.at(-2));
  };
}

function trustOf(trusted: Config['trustProxy']): (address: string, hop: number) => boolean {
  if (typeof trusted === 'boolean') return () => trusted;
  if (typeof trusted === 'number') return (_address, hop) => hop < trusted;
  return proxyAddr.compile([...trusted]);
}

/** Some proxies write the port as well, and IPv6 in brackets, as RFC 7239 has it. */
const withPort = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

function addressOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const [, inBrackets, beforePort] = withPort.exec(text) ?? [];
  return plainAddress(inBrackets ?? beforePort ?? text);
}
