/** What Questline should be, as simply as possible: no concurrency, no database, no time. */
export interface World {
  readonly people: PersonState[];
  readonly products: ProductState[];
  readonly quests: QuestState[];
  readonly posts: PostState[];
  readonly collections: CollectionState[];
  /** The input of each idempotency key that was used, by its person and kind. */
  readonly keys: Record<string, string>;
  /** Events that were accepted and are not applied yet. */
  readonly waiting: string[];
  /** What admins gave or took, by the idempotency key of the adjustment. */
  readonly adjustments: Record<string, AdjustmentState>;
}

export interface PersonState {
  gold: number;
  role: 'USER' | 'SERVICE';
  /** Whether the role was changed, which makes the access token invalid. */
  isStale: boolean;
  /** Ids of the accepted events of which this person is the source. */
  readonly taken: string[];
  /** By quest. */
  readonly counts: number[];
  /** By quest: whether each completion is claimed. */
  readonly completions: boolean[][];
}

interface ProductState {
  price: number;
  stock: number | null;
  isActive: boolean;
  version: number;
}

interface QuestState {
  readonly goal: number;
  readonly gold: number;
  readonly autoClaim: boolean;
  readonly most: number | null;
  /** Only events of this size count; null for all. */
  readonly size: string | null;
  isArchived: boolean;
  version: number;
}

interface PostState {
  readonly author: number;
  isDeleted: boolean;
}

interface CollectionState {
  readonly owner: number;
  isPrivate: boolean;
  version: number;
  readonly posts: number[];
}

interface AdjustmentState {
  readonly person: number;
  readonly amount: number;
  isReversed: boolean;
}

/** The numbers of people, products and quests. */
export const sizes = { people: 3, products: 2, quests: 3 };

export function newWorld(): World {
  return {
    people: Array.from({ length: sizes.people }, () => ({
      gold: 0,
      role: 'USER',
      isStale: false,
      taken: [],
      counts: [0, 0, 0],
      completions: [[], [], []],
    })),
    products: [
      { price: 30, stock: null, isActive: true, version: 1 },
      { price: 10, stock: 4, isActive: true, version: 1 },
    ],
    quests: [
      { goal: 1, gold: 20, autoClaim: true, most: null, size: null, isArchived: false, version: 1 },
      { goal: 2, gold: 50, autoClaim: false, most: null, size: null, isArchived: false, version: 1 },
      { goal: 1, gold: 100, autoClaim: false, most: 1, size: 'big', isArchived: false, version: 1 },
    ],
    posts: Array.from({ length: sizes.people }, (_, author) => ({ author, isDeleted: false })),
    collections: Array.from({ length: sizes.people }, (_, owner) => ({
      owner,
      isPrivate: false,
      version: 1,
      posts: [],
    })),
    keys: {},
    waiting: [],
    adjustments: {},
  };
}

/** Applies an accepted event to the quests. */
export function applyEvent(world: World, person: number, size: string): void {
  const state = at(world.people, person);
  for (const [index, quest] of world.quests.entries()) {
    const done = at(state.completions, index);
    const isFull = quest.most !== null && done.length >= quest.most;
    if (quest.isArchived || isFull || (quest.size !== null && quest.size !== size)) continue;
    const count = at(state.counts, index) + 1;
    state.counts[index] = count % quest.goal;
    if (count < quest.goal) continue;
    done.push(quest.autoClaim);
    if (quest.autoClaim) state.gold += quest.gold;
  }
}

/** @throws RangeError if there is none */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`There is no item ${index}.`);
  return item;
}
