/** The least time between two who wait, in ms: the second one sees how much room the first one has used. */
const gap = 10;

/** A line of those who wait for room in one bucket, served one after the other. */
export class RoomLine {
  readonly #untilRoom: () => number;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param untilRoom in ms; 0 if there is room */
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

  /** Lets all who wait go on at once. */
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
