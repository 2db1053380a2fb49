/** Between two who were waiting, in ms: the second one sees what the first one has done with the room. */
const gap = 10;

/** Those who wait for room in one bucket, one after the other. */
export class RoomLine {
  readonly #untilRoom: () => number;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param untilRoom in ms; 0 where there is room */
  constructor(untilRoom: () => number) {
    this.#untilRoom = untilRoom;
  }

  wait(): Promise<void> {
    if (this.#waiting.length === 0 && this.#untilRoom() === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  /** Nobody waits any longer. */
  release(): void {
    clearTimeout(this.#timer);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#next(), Math.max(gap, this.#untilRoom()));
  }

  #next(): void {
    this.#timer = undefined;
    if (this.#untilRoom() === 0) this.#waiting.shift()?.();
    if (!this.empty) this.#schedule();
  }
}
