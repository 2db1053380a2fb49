import type { WebSocket } from 'ws';
import { type Caller, type Payer, payerOf } from './payer.ts';
import type { RedisReach } from './redis-reach.ts';
import { SharedSocketCounts } from './shared-socket-counts.ts';

export interface SocketLimits {
  /** Sockets of one account, whatever its sessions. */
  readonly ofUser: number;
  /** Sockets of one address for which nobody is signed in. */
  readonly ofAddress: number;
}

export interface SocketQuotaOptions extends SocketLimits {
  /** Undefined where this process serves alone. */
  readonly reach: RedisReach | undefined;
}

/**
 * Counts the open sockets of all processes by whose they are; without Redis, and while it is away, those of this one.
 * It keeps nothing of those that are closed.
 */
export class SocketQuota {
  readonly #limits: Readonly<Record<Payer['kind'], number>>;
  /** Of this process, by owner; those too that are about to be let in. */
  readonly #counts = new Map<string, number>();
  readonly #shared: SharedSocketCounts | undefined;

  constructor({ ofUser, ofAddress, reach }: SocketQuotaOptions) {
    this.#limits = { user: ofUser, address: ofAddress };
    this.#shared = reach && new SharedSocketCounts(reach, this.#counts);
  }

  /**
   * Counts a socket, once it is known whose it is, until it is closed.
   * @returns false where there are too many already
   */
  async take({ socket, viewer, device }: Caller & { readonly socket: WebSocket }): Promise<boolean> {
    // It may have gone while its token was looked at.
    if (socket.readyState !== socket.OPEN) return true;
    const { kind, id } = payerOf({ viewer, device });
    const limit = this.#limits[kind];
    if (limit === Number.POSITIVE_INFINITY) return true;
    const owner = `${kind} ${id}`;
    const count = this.#counts.get(owner) ?? 0;
    if (count >= limit) return false;
    this.#counts.set(owner, count + 1);
    const taken = (await this.#shared?.take(owner, limit)) ?? true;
    // Here too it may have gone.
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
