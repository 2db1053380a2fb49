import type { WebSocket } from 'ws';
import { type Caller, type Payer, payerOf } from './payer.ts';
import type { RedisReach } from './redis-reach.ts';
import { SharedSocketCounts } from './shared-socket-counts.ts';

export interface SocketLimits {
  /** The most sockets of one account, over all its sessions. */
  readonly ofUser: number;
  /** The most sockets of one address that are not signed in. */
  readonly ofAddress: number;
}

export interface SocketQuotaOptions extends SocketLimits {
  /** Undefined if this process serves alone. */
  readonly reach: RedisReach | undefined;
}

/**
 * Counts the open sockets of all processes by owner. Without Redis, and while it is unreachable, it counts
 * those of this process. Nothing is kept of closed sockets.
 */
export class SocketQuota {
  readonly #limits: Readonly<Record<Payer['kind'], number>>;
  /** The sockets of this process by owner, including those about to be let in. */
  readonly #counts = new Map<string, number>();
  readonly #shared: SharedSocketCounts | undefined;

  constructor({ ofUser, ofAddress, reach }: SocketQuotaOptions) {
    this.#limits = { user: ofUser, address: ofAddress };
    this.#shared = reach && new SharedSocketCounts(reach, this.#counts);
  }

  /**
   * Counts a socket until it is closed, once its owner is known.
   * @returns false if there are too many already
   */
  async take({ socket, viewer, device }: Caller & { readonly socket: WebSocket }): Promise<boolean> {
    // The client may have left while its token was checked.
    if (socket.readyState !== socket.OPEN) return true;
    const { kind, id } = payerOf({ viewer, device });
    const limit = this.#limits[kind];
    if (limit === Number.POSITIVE_INFINITY) return true;
    const owner = `${kind} ${id}`;
    const count = this.#counts.get(owner) ?? 0;
    if (count >= limit) return false;
    this.#counts.set(owner, count + 1);
    const taken = (await this.#shared?.take(owner, limit)) ?? true;
    // It may also have left while Redis was asked.
    if (taken && socket.readyState === socket.OPEN) socket.once('close', () => this.#release(owner));
    else this.#release(owner);
    return taken;
  }

  async close(): Promise<void> {
    await this.#shared?.close();
  }

  #release(owner: string): void {
    const left = (this.#counts.get(owner) ?? 0) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
    this.#shared?.changed(owner);
  }
}
