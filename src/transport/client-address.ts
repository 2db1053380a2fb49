import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { plainAddress } from '../auth/address-group.ts';
import type { Config } from '../config.ts';

/**
 * The address that a request or an upgrade comes from, as far as the proxies in front of this server are
 * trusted.
 */
export type ClientAddress = (request: IncomingMessage) => string | null;

/**
 * One rule for HTTP and WebSocket. `X-Forwarded-For` is read from its end, for as long as the hops are
 * trusted: with a number of hops or with networks, a client can't choose its own address. Reading stops at an
 * entry that is not an address; then the hop before it counts as the client.
 */
export function clientAddress(trusted: Config['trustProxy']): ClientAddress {
  const isTrusted = trustOf(trusted);
  return (request) => {
    // If the other side has hung up already, there is no address.
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

/** Some proxies add the port, and write IPv6 in brackets, like RFC 7239. */
const withPort = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;

function addressOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const [, inBrackets, beforePort] = withPort.exec(text) ?? [];
  return plainAddress(inBrackets ?? beforePort ?? text);
}
