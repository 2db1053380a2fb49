import type { Device } from '../../auth/device.ts';
import type { Viewer } from '../../auth/viewer.ts';

/** Who pays for what a request costs: an account, or an address for which nobody is signed in. */
export interface Payer {
  readonly kind: 'user' | 'address';
  /** The account's UUID, or the address. */
  readonly id: string;
}

export function payerOf({
  viewer,
  device,
}: {
  readonly viewer: Viewer | null;
  readonly device: Device;
}): Payer {
  if (viewer !== null) return { kind: 'user', id: viewer.accountId };
  return { kind: 'address', id: device.ipAddress ?? 'unknown' };
}
