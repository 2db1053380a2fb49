export interface TurnsOptions {
  /** How many have a turn at once. */
  readonly most: number;
  /** How long turns may begin one after the other before other work has its own turn, in ms; left out, for ever. */
  readonly slice?: number | undefined;
}

/**
 * So many at once; the others wait in lanes, which have their turns in a circle: who fills a lane of their own keeps
 * another lane waiting for one turn and no longer. Whoever has a turn must not wait for another of the same turns.
 */
export class Turns {
  readonly #slice: number | undefined;
  /** Those in which somebody waits, in the order of the circle. */
  readonly #circle = new Set<Lane>();
  #free: number;
  /** Left out where no slice has begun. */
  #sliceEnd: number | undefined;

  constructor({ most, slice }: TurnsOptions) {
    this.#free = most;
    this.#slice = slice;
  }

  lane(): Lane {
    return new Lane(
      (lane) => this.#wait(lane),
      () => this.#giveBack(),
    );
  }

  #wait(lane: Lane): boolean {
    if (this.#circle.size === 0 && this.#free > 0 && this.#hasTime()) {
      this.#free--;
      return false;
    }
    this.#circle.add(lane);
    return true;
  }

  #giveBack(): void {
    this.#free++;
    this.#next();
  }

  #next(): void {
    for (const lane of this.#circle) {
      if (this.#free === 0 || !this.#hasTime()) return;
      // Its next one waits until all other lanes have had theirs.
      this.#circle.delete(lane);
      this.#free--;
      if (lane.begin()) this.#circle.add(lane);
    }
  }

  #hasTime(): boolean {
    if (this.#slice === undefined) return true;
    if (this.#sliceEnd === undefined) {
      this.#sliceEnd = performance.now() + this.#slice;
      setImmediate(() => {
        this.#sliceEnd = undefined;
        this.#next();
      });
    }
    return performance.now() < this.#sliceEnd;
  }
}

/** One queue beside the others. */
export class Lane {
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  readonly #mustWait: (lane: Lane) => boolean;
  readonly #giveBack: () => void;

  constructor(mustWait: (lane: Lane) => boolean, giveBack: () => void) {
    this.#mustWait = mustWait;
    this.#giveBack = giveBack;
  }

  /** Does the work when it has a turn, in the asynchronous context of its caller. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#mustWait(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  /**
   * For the turns alone: whoever has waited longest begins.
   * @returns whether another waits
   */
  begin(): boolean {
    for (const resolve of this.#waiting) {
      this.#waiting.delete(resolve);
      resolve();
      break;
    }
    return this.#waiting.size > 0;
  }
}
