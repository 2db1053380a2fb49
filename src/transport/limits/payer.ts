import { type Device, groupOf } from '../../auth/device.ts';
import type { Viewer } from '../../auth/viewer.ts';

/** Who pays for a request: an account, or an address if nobody is signed in. */
export interface Payer {
  readonly kind: 'user' | 'address';
  /** The UUID of the account, or the group of the address. */
  readonly id: string;
}

/** A viewer and the device that a request or a socket comes from. */
export interface Caller {
  readonly viewer: Viewer | null;
  readonly device: Device;
}

export function payerOf({ viewer, device }: Caller): Payer {
  if (viewer !== null) return { kind: 'user', id: viewer.accountId };
  return payingAddress(device);
}

/** The payer for what has a price whether somebody is signed in or not. */
export function payingAddress(device: Pick<Device, 'ipAddress'>): Payer {
  return { kind: 'address', id: groupOf(device) ?? 'unknown' };
}
