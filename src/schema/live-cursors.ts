import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { badUserInput } from '../domain/errors.ts';

/** An event, which has a position in the stream. */
export interface Placed {
  readonly seq: number;
}

const seqBytes = 8;
/**
 * 80 bits of HMAC-SHA-256, the minimum of RFC 2104, 5. With the `seq` it is 18 bytes, which base64url writes
 * without spare bits.
 */
const macBytes = 10;
const cursorText = /^[A-Za-z0-9_-]{24}$/;

/**
 * The positions of live events as clients hold them: 8 bytes of the `seq` and 10 of a MAC, as base64url. All
 * processes have the same key, so that each can read the others' cursors, and nobody else can make one.
 */
export class LiveCursors {
  readonly #key: KeyObject;
  /** Many operations send the same event: its cursor is made once. */
  readonly #known = new WeakMap<Placed, string>();

  /** @param key used for cursors only */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** The cursor of an event. */
  of(event: Placed): string {
    const known = this.#known.get(event);
    if (known !== undefined) return known;
    const cursor = this.encode(event.seq);
    this.#known.set(event, cursor);
    return cursor;
  }

  encode(seq: number): string {
    const place = Buffer.allocUnsafe(seqBytes);
    place.writeBigUInt64BE(BigInt(seq));
    return Buffer.concat([place, this.#macOf(place)]).toString('base64url');
  }

  /**
   * The `seq` of a cursor. It may be expired or ahead of the stream; that is not checked here.
   * @throws GraphQLError BAD_USER_INPUT if this server did not issue it
   */
  decode(cursor: string): number {
    if (cursorText.test(cursor)) {
      const bytes = Buffer.from(cursor, 'base64url');
      const place = bytes.subarray(0, seqBytes);
      if (timingSafeEqual(bytes.subarray(seqBytes), this.#macOf(place)))
        return Number(place.readBigUInt64BE());
    }
    throw badUserInput('The cursor does not belong to the stream of live events.');
  }

  #macOf(place: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(place).digest().subarray(0, macBytes);
  }
}
