import type { Frame, Subscriber } from '../pubsub/group.ts';
import { frameSize, nextPrefix, writeFrame } from './frame.ts';
import type { SocketState } from './websocket.ts';

/** Bytes that may wait for a reader before its events are left with PostgreSQL. */
const mostBuffered = 256 * 1024;

/** One subscription of one socket. It writes whole frames beside those of ws, which holds none back. */
export class LiveSubscriber implements Subscriber {
  readonly state: SocketState;
  readonly #prefix: Buffer;
  readonly #onEnd: (error?: unknown) => void;

  /** @param onEnd called where nothing follows, with the error where there is one */
  constructor(state: SocketState, id: string, onEnd: (error?: unknown) => void) {
    this.state = state;
    this.#prefix = nextPrefix(id);
    this.#onEnd = onEnd;
  }

  write(frames: readonly Frame[]): number {
    const { socket, stream } = this.state;
    // Once the closing frame is out no other may follow; the subscription is about to be left.
    if (socket.readyState !== socket.OPEN) return frames.length;
    let room = mostBuffered - stream.writableLength;
    let size = 0;
    let taken = 0;
    for (const { body } of frames) {
      if (room <= 0) break;
      const length = frameSize(this.#prefix.length + body.length);
      room -= length;
      size += length;
      taken++;
    }
    if (taken > 0) stream.write(this.#join(frames, taken, size));
    return taken;
  }

  drained(): Promise<void> {
    const { stream } = this.state;
    return stream.writableLength < mostBuffered ? Promise.resolve() : this.state.drained();
  }

  tooSlow(): void {
    this.state.onSlow();
  }

  end(error?: unknown): void {
    this.#onEnd(error);
  }

  /** In one write: a system call costs more than copying some hundred bytes. */
  #join(frames: readonly Frame[], count: number, size: number): Buffer {
    const joined = Buffer.allocUnsafe(size);
    let offset = 0;
    for (let index = 0; index < count; index++) {
      const frame = frames[index];
      if (frame !== undefined) offset = writeFrame(joined, offset, this.#prefix, frame.body);
    }
    return joined;
  }
}
