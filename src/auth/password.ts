import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { type Flow, ourselves } from './flow.ts';
import { Turns } from './turns.ts';

export interface PasswordOptions {
  /** Most hashes at once; each takes a thread for 15 ms, and 19 MiB. If left out, one for each core, at most 3. */
  readonly atOnce?: number;
  /** Most calls that wait for their turn: of known flows, and again of the others. */
  readonly waiting?: number;
  /** Most of them that belong to one flow. */
  readonly waitingOfOne?: number;
  /** How long a call waits at most, in ms. */
  readonly patience?: number;
}

/** argon2id is the library's default algorithm; the costs are the lowest that OWASP recommends for it. */
const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** 128 characters have at most this many bytes of UTF-8; nobody's password is longer. */
const longestPassword = 512;

/** The hash of bytes that nobody kept, at the same costs, so that an unknown account takes as long as a known one. */
const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$7SeY/UR+4mFiKWteXM18Mw$If8m5PnGnnk950VNXIzwLeZivR1gz6PJxLDcTO5QwEk';

/** Makes and checks password hashes, a few at once: files and DNS need some of the same threads. */
export class Passwords {
  readonly #turns: Turns;

  constructor(options: PasswordOptions = {}) {
    this.#turns = new Turns({
      atOnce: options.atOnce ?? Math.min(availableParallelism(), 3),
      mostWaiting: options.waiting ?? 1_000,
      mostOfOne: options.waitingOfOne ?? 100,
      patience: options.patience ?? 4_000,
    });
  }

  /**
   * Makes a hash in PHC form, with its own salt.
   * @throws ApiError RATE_LIMITED or SERVICE_UNAVAILABLE if too many wait already
   */
  hash(password: string, flow: Flow = ourselves()): Promise<string> {
    return this.#turns.run(flow, () => hash(bytesOf(password), costs));
  }

  /**
   * Whether the password is the one that was hashed; the work is the same if there is no hash.
   * @throws ApiError RATE_LIMITED or SERVICE_UNAVAILABLE if too many wait already
   */
  async verify(stored: string | null, password: string, flow: Flow = ourselves()): Promise<boolean> {
    const bytes = bytesOf(password);
    const possible = stored !== null && bytes.length <= longestPassword;
    const matches = await this.#turns.run(flow, () =>
      possible ? verify(stored, bytes) : verify(nobodysHash, bytes.subarray(0, longestPassword)),
    );
    return matches && possible;
  }
}

/** A password has several spellings in Unicode, and keyboards differ in which they send (RFC 8265, 4.2). */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFC'));
}
