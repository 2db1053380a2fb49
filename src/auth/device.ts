import { addressGroup, plainAddress } from './address-group.ts';

/** Where a session was begun, as its owner sees it in the list. Made by `deviceOf`, which cuts a long user agent. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** A longer user agent tells nobody more. */
const longestUserAgent = 500;

/**
 * The device behind a request or a socket.
 * @param address as the socket or a proxy reports it; left out if it is not an address
 */
export function deviceOf(userAgent: string | undefined, address: string | null): Device {
  return {
    userAgent: userAgent?.slice(0, longestUserAgent) ?? null,
    // A socket that listens for both families shows IPv4 addresses inside IPv6 ones.
    ipAddress: address === null ? null : plainAddress(address),
  };
}

/** The group of its address; null if no address is known. */
export function groupOf({ ipAddress }: Pick<Device, 'ipAddress'>): string | null {
  return ipAddress === null ? null : addressGroup(ipAddress);
}
