import { type Device, groupOf } from '../../auth/device.ts';
import type { Viewer } from '../../auth/viewer.ts';

/** Who pays for what a request costs: an account, or an address for which nobody is signed in. */
export interface Payer {
  readonly kind: 'user' | 'address';
  /** The account's UUID, or the group of the address. */
  readonly id: string;
}

/** By whom, and from where, a request or a socket comes. */
export interface Caller {
  readonly viewer: Viewer | null;
  readonly device: Device;
}

export function payerOf({ viewer, device }: Caller): Payer {
  if (viewer !== null) return { kind: 'user', id: viewer.accountId };
  return payingAddress(device);
}

/** For what has a price whoever is signed in. */
export function payingAddress(device: Pick<Device, 'ipAddress'>): Payer {
  return { kind: 'address', id: groupOf(device) ?? 'unknown' };
}
