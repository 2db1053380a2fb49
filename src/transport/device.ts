import { isIP } from 'node:net';
import type { Device } from '../auth/device.ts';

/** More of it tells nobody more. */
const longestUserAgent = 500;

/**
 * The device behind a request or a socket.
 * @param address as the socket or a proxy has it; one that is none is left out
 */
export function deviceOf(userAgent: string | undefined, address: string | null): Device {
  return { userAgent: userAgent?.slice(0, longestUserAgent) ?? null, ipAddress: plainAddress(address) };
}

/** A socket that listens for both families shows IPv4 addresses inside IPv6 ones (RFC 4291, 2.5.5.2). */
const mapped = /^::ffff:(?=\d+\.)/i;

function plainAddress(address: string | null): string | null {
  if (address === null || isIP(address) === 0) return null;
  return address.replace(mapped, '').toLowerCase();
}
