import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { badUserInput } from '../domain/errors.ts';

/** What a cursor stands for has a place in the stream. */
export interface Placed {
  readonly seq: number;
}

const seqBytes = 8;
/** 80 bits of HMAC-SHA-256, the least that RFC 2104, 5, allows. Together no bit of base64url is left over. */
const macBytes = 10;
const cursorText = /^[A-Za-z0-9_-]{24}$/;

/**
 * Positions of the stream of live events as clients hold them: 8 bytes of the `seq` and 10 of a MAC, as base64url. The
 * key is the same in all processes, so that each knows what another gave, and nobody else can make one.
 */
export class LiveCursors {
  readonly #key: KeyObject;
  /** One event is told by many operations: its cursor is made once. */
  readonly #known = new WeakMap<Placed, string>();

  /** @param key of this purpose alone */
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
   * The `seq` that a cursor stands for; whether it is still kept, or lies ahead, the stream knows.
   * @throws GraphQLError BAD_USER_INPUT if this server did not give it
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
