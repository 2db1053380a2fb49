import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { ApiError } from '../services/api-error.ts';

export interface PasswordOptions {
  /** Hashes at once; each takes a thread for about 15 ms, and 19 MiB. Left out, one for each core, at most 3. */
  readonly atOnce?: number;
  /** Most calls that wait for their turn. */
  readonly waiting?: number;
}

/** argon2id is the library's standard algorithm; the costs are OWASP's least for it. */
const costs = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** 128 characters are at most so many bytes of UTF-8; more is nobody's password. */
const longestPassword = 512;

/** Of bytes that nobody kept, at the same costs: so that an unknown account takes as long as a known one. */
const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$7SeY/UR+4mFiKWteXM18Mw$If8m5PnGnnk950VNXIzwLeZivR1gz6PJxLDcTO5QwEk';

/** Makes and checks password hashes, a few at once, so that the threads that files and DNS share are never all taken. */
export class Passwords {
  readonly #turns: Turns;

  constructor({ atOnce = Math.min(availableParallelism(), 3), waiting = 1_000 }: PasswordOptions = {}) {
    this.#turns = new Turns(atOnce, waiting);
  }

  /**
   * A hash in PHC form, with a salt of its own.
   * @throws ApiError SERVICE_UNAVAILABLE where too many wait already
   */
  hash(password: string): Promise<string> {
    return this.#turns.run(() => hash(bytesOf(password), costs));
  }

  /**
   * Whether the password is the one that was hashed; the work is the same where there is no hash.
   * @throws ApiError SERVICE_UNAVAILABLE where too many wait already
   */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const bytes = bytesOf(password);
    const possible = stored !== null && bytes.length <= longestPassword;
    const matches = await this.#turns.run(() =>
      possible ? verify(stored, bytes) : verify(nobodysHash, bytes.subarray(0, longestPassword)),
    );
    return matches && possible;
  }
}

/** One password has several spellings in Unicode, and keyboards differ in which they send (RFC 8265, section 4.2). */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFC'));
}

/** Lets a few run at once and a bounded number wait, first come, first served. */
class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #atOnce: number;
  readonly #mostWaiting: number;

  constructor(atOnce: number, mostWaiting: number) {
    this.#atOnce = atOnce;
    this.#mostWaiting = mostWaiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin();
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  async #begin(): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.#mostWaiting) {
      throw new ApiError('SERVICE_UNAVAILABLE', 'Too many are signing in at once. Try again in a moment.');
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    const next = this.#waiting.shift();
    // The turn passes straight on, so that nobody who comes later can take it.
    if (next) next();
    else this.#running--;
  }
}
