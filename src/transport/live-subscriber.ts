import type { EventPayer } from '../pubsub/event-payer.ts';
import type { Frame, Subscriber } from '../pubsub/subscriber.ts';
import { Assembly } from './assembly.ts';
import { frameSize, idInFrames } from './frame.ts';
import type { SocketState } from './websocket.ts';

/** Bytes that may wait for a reader; past that, its events wait in PostgreSQL. */
const mostBuffered = 256 * 1024;
/** The last assembly that was written, if it may be reused. */
let spare: Assembly | undefined;

/**
 * One subscription of one socket. It writes whole frames to the stream directly, past ws, which holds none
 * back.
 */
export class LiveSubscriber implements Subscriber {
  readonly state: SocketState;
  readonly payer: EventPayer;
  readonly #socket: SocketState['socket'];
  readonly #stream: SocketState['stream'];
  readonly #id: string;
  readonly #onEnd: (error?: unknown) => void;

  /** @param onEnd called when nothing follows, with the error if there is one */
  constructor(state: SocketState, id: string, payer: EventPayer, onEnd: (error?: unknown) => void) {
    this.state = state;
    this.payer = payer;
    this.#socket = state.socket;
    this.#stream = state.stream;
    this.#id = idInFrames(id);
    this.#onEnd = onEnd;
  }

  write(frames: readonly Frame[]): number {
    const socket = this.#socket;
    const stream = this.#stream;
    // After the closing frame no other may follow; the subscription is about to end.
    if (socket.readyState !== socket.OPEN) return frames.length;
    const taken = this.#fitting(frames, mostBuffered - stream.writableLength);
    if (taken === 0) return 0;
    const assembly = this.#assemble(frames, taken);
    stream.write(assembly.bytes);
    // The stream still reads from it later if the kernel has not taken all of it.
    spare = stream.writableLength === 0 ? assembly : undefined;
    return taken;
  }

  hasRoom(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN || this.#stream.writableLength < mostBuffered;
  }

  drained(): Promise<void> {
    return this.#stream.writableLength < mostBuffered ? Promise.resolve() : this.state.drained();
  }

  tooSlow(): void {
    this.state.onSlow();
  }

  end(error?: unknown): void {
    this.#onEnd(error);
  }

  /** How many frames may be written; the last one may exceed the room. */
  #fitting(frames: readonly Frame[], room: number): number {
    let left = room;
    let count = 0;
    for (const { body } of frames) {
      if (left <= 0) break;
      left -= frameSize(this.#id, body);
      count++;
    }
    return count;
  }

  #assemble(frames: readonly Frame[], count: number): Assembly {
    if (!spare?.fits(frames, count, this.#id)) return new Assembly(frames, count, this.#id);
    spare.readdress(this.#id);
    return spare;
  }
}
