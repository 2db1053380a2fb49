import { ApiError } from '../domain/errors.ts';
import type { EventPayer } from '../pubsub/event-payer.ts';
import type { Payer } from './limits/payer.ts';
import type { Rates } from './limits/rates.ts';

export interface LivePayersOptions {
  /** The most different live operations of one account. */
  readonly ofUser: number;
  /** The most of one address, for sockets that are not signed in. */
  readonly ofAddress: number;
  readonly rates: Pick<Rates, 'charge' | 'room'>;
}

/** A subscriber's place among the operations of its payer. */
export interface LivePlace {
  readonly payer: EventPayer;
  /** Gives the place back; may be called twice. */
  release(): void;
}

/**
 * The payers of live events in this process, with the different operations of each: every operation is
 * rendered by itself, while its subscribers share it. Nothing is kept of payers who have left.
 */
export class LivePayers {
  readonly #options: LivePayersOptions;
  readonly #payers = new Map<string, LivePayer>();

  constructor(options: LivePayersOptions) {
    this.#options = options;
  }

  /**
   * Takes a place in an operation.
   * @throws ApiError OPERATION_TOO_LARGE if it would be one operation too many
   */
  take(payer: Payer, operation: string): LivePlace {
    const key = `${payer.kind} ${payer.id}`;
    const paying = this.#payers.get(key) ?? new LivePayer(key, payer, this.#options.rates);
    const most = payer.kind === 'user' ? this.#options.ofUser : this.#options.ofAddress;
    if (!paying.enter(operation, most)) throw tooMany(payer, most);
    this.#payers.set(key, paying);
    let taken = true;
    return {
      payer: paying,
      release: () => {
        if (!taken) return;
        taken = false;
        if (paying.leave(operation) === 0) this.#payers.delete(key);
      },
    };
  }
}

/** One account or address, shared by all its subscriptions. */
class LivePayer implements EventPayer {
  readonly key: string;
  readonly #payer: Payer;
  readonly #rates: LivePayersOptions['rates'];
  /** The number of its subscribers in each operation. */
  readonly #operations = new Map<string, number>();

  constructor(key: string, payer: Payer, rates: LivePayersOptions['rates']) {
    this.key = key;
    this.#payer = payer;
    this.#rates = rates;
  }

  charge(points: number): void {
    this.#rates.charge(this.#payer, points);
  }

  room(): Promise<void> {
    return this.#rates.room(this.#payer);
  }

  /** @returns false if it is a new operation and the payer has the most already */
  enter(operation: string, most: number): boolean {
    const subscribers = this.#operations.get(operation) ?? 0;
    if (subscribers === 0 && this.#operations.size >= most) return false;
    this.#operations.set(operation, subscribers + 1);
    return true;
  }

  /** @returns how many operations are left */
  leave(operation: string): number {
    const left = (this.#operations.get(operation) ?? 0) - 1;
    if (left > 0) this.#operations.set(operation, left);
    else this.#operations.delete(operation);
    return this.#operations.size;
  }
}

function tooMany({ kind }: Payer, most: number): ApiError {
  const whose = kind === 'user' ? 'an account' : 'an address without a token';
  return new ApiError(
    'OPERATION_TOO_LARGE',
    `At most ${most} different live operations are allowed for ${whose}.`,
  );
}
