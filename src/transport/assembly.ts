import type { Frame } from '../pubsub/subscriber.ts';
import { frameSize, writeFrame } from './frame.ts';

/**
 * The frames of one batch in one piece, as one socket gets them: a system call costs more than copying a few
 * hundred bytes. For the next socket, only the id is rewritten if it has the same length.
 */
export class Assembly {
  readonly bytes: Buffer;
  readonly #frames: readonly Frame[];
  readonly #idLength: number;
  /** The offsets of the id. */
  readonly #places: number[] = [];

  /** @param count how many of the frames, from the first one */
  constructor(frames: readonly Frame[], count: number, id: string) {
    this.#frames = frames;
    this.#idLength = id.length;
    const chosen = frames.slice(0, count);
    this.bytes = Buffer.allocUnsafe(chosen.reduce((sum, { body }) => sum + frameSize(id, body), 0));
    let end = 0;
    for (const { body } of chosen) {
      end = writeFrame(this.bytes, end, id, body);
      this.#places.push(end - body.length - id.length);
    }
  }

  /** Whether these are the same frames, apart from the id. */
  fits(frames: readonly Frame[], count: number, id: string): boolean {
    return frames === this.#frames && count === this.#places.length && id.length === this.#idLength;
  }

  /** Puts another id in each frame. */
  readdress(id: string): void {
    for (const place of this.#places) this.bytes.write(id, place, 'latin1');
  }
}
