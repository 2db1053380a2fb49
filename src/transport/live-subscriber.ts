import type { EventPayer } from '../pubsub/event-payer.ts';
import type { Frame, Subscriber } from '../pubsub/subscriber.ts';
import { Assembly } from './assembly.ts';
import { frameSize, idInFrames } from './frame.ts';
import type { SocketState } from './websocket.ts';

/** Bytes that may wait for a reader before its events are left with PostgreSQL. */
const mostBuffered = 256 * 1024;
/** What was written last, and is free to be written once more. */
let spare: Assembly | undefined;

/** One subscription of one socket. It writes whole frames beside those of ws, which holds none back. */
export class LiveSubscriber implements Subscriber {
  readonly state: SocketState;
  readonly payer: EventPayer;
  readonly #socket: SocketState['socket'];
  readonly #stream: SocketState['stream'];
  readonly #id: string;
  readonly #onEnd: (error?: unknown) => void;

  /** @param onEnd called where nothing follows, with the error where there is one */
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
    // Once the closing frame is out no other may follow; the subscription is about to be left.
    if (socket.readyState !== socket.OPEN) return frames.length;
    const taken = this.#fitting(frames, mostBuffered - stream.writableLength);
    if (taken === 0) return 0;
    const assembly = this.#assemble(frames, taken);
    stream.write(assembly.bytes);
    // What the kernel has not taken at once is read from later.
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

  /** How many may be written, the last of which may reach past the room. */
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
