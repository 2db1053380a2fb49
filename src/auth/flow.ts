import { type Device, groupOf } from './device.ts';

/** For whom something is done of which there is little: each stands in a line of their own. */
export interface Flow {
  readonly key: string;
  /** Signed in, or where somebody has signed in to the account of late: they go first. */
  readonly isKnown: boolean;
  /** By when it has to be begun, by `performance.now()`; later it is refused. */
  readonly until: number;
}

/** How long somebody waits in all, in ms, so that every request is answered within 5 s. */
const patience = 4_250;

/** Whoever asks for themselves, or from where they are known. */
export function flowOfAccount(accountId: string): Flow {
  return { key: `account ${accountId}`, isKnown: true, until: performance.now() + patience };
}

/** Whoever is not known yet: all at one address stand in one line. */
export function flowOfAddress(device: Device): Flow {
  return {
    key: `address ${groupOf(device) ?? 'unknown'}`,
    isKnown: false,
    until: performance.now() + patience,
  };
}

/** A command, or a seed. */
export function ourselves(): Flow {
  return { key: 'ourselves', isKnown: true, until: Number.POSITIVE_INFINITY };
}
