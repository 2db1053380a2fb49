import { type Device, groupOf } from './device.ts';

/** The requests that share a line for something scarce: each flow has its own line. */
export interface Flow {
  readonly key: string;
  /** Signed in, or at an address from which somebody has recently signed in to the account: these flows go first. */
  readonly isKnown: boolean;
  /** When the work has to have begun, by `performance.now()`; later it is refused. */
  readonly until: number;
}

/** How long somebody waits in total, in ms, so that every request is answered within 5 s. */
const patience = 4_250;

/** The flow of somebody who acts for themselves, or from a known address. */
export function flowOfAccount(accountId: string): Flow {
  return { key: `account ${accountId}`, isKnown: true, until: performance.now() + patience };
}

/** The flow of somebody who is not known yet: all at one address share one line. */
export function flowOfAddress(device: Device): Flow {
  return {
    key: `address ${groupOf(device) ?? 'unknown'}`,
    isKnown: false,
    until: performance.now() + patience,
  };
}

/** The flow of a command or a seed. */
export function ourselves(): Flow {
  return { key: 'ourselves', isKnown: true, until: Number.POSITIVE_INFINITY };
}
