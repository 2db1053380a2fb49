import { plainAddress } from '../auth/address-group.ts';
import type { Device } from '../auth/device.ts';

/** More of it tells nobody more. */
const longestUserAgent = 500;

/**
 * The device behind a request or a socket.
 * @param address as the socket or a proxy has it; one that is none is left out
 */
export function deviceOf(userAgent: string | undefined, address: string | null): Device {
  return {
    userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
    // A socket that listens for both families shows IPv4 addresses inside IPv6 ones.
    ipAddress: address === null ? null : plainAddress(address),
  };
}
