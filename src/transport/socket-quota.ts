import type { SocketState } from './websocket.ts';

export interface SocketLimits {
  /** Sockets of one account, whatever its sessions. */
  readonly ofUser: number;
  /** Sockets of one address for which nobody is signed in. */
  readonly ofAddress: number;
}

/** Counts the open sockets of this process by whose they are. It keeps nothing of those that are closed. */
export class SocketQuota {
  readonly #limits: SocketLimits;
  readonly #counts = new Map<string, number>();

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a socket, once it is known whose it is, until it is closed.
   * @returns false where there are too many already
   */
  take({ socket, viewer, device }: Pick<SocketState, 'socket' | 'viewer' | 'device'>): boolean {
    // It may have gone while its token was looked at.
    if (socket.readyState !== socket.OPEN) return true;
    const { ofUser, ofAddress } = this.#limits;
    const [owner, limit] = viewer
      ? [`user ${viewer.accountId}`, ofUser]
      : [`address ${device.ipAddress}`, ofAddress];
    const count = this.#counts.get(owner) ?? 0;
    if (count >= limit) return false;
    this.#counts.set(owner, count + 1);
    socket.once('close', () => this.#release(owner));
    return true;
  }

  #release(owner: string): void {
    const left = (this.#counts.get(owner) ?? 0) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
  }
}
