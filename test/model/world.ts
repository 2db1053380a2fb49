/** What Questline is to be, in as few words as possible: no concurrency, no database, no time. */
export interface World {
  readonly people: PersonState[];
  readonly products: ProductState[];
  readonly quests: QuestState[];
  readonly posts: PostState[];
  readonly collections: CollectionState[];
  /** The input of each idempotency key that has had its effect, by whose it is and what it is. */
  readonly keys: Record<string, string>;
  /** Events that were taken and not applied yet. */
  readonly waiting: string[];
  /** What admins gave or took, by the key of the adjustment. */
  readonly adjustments: Record<string, AdjustmentState>;
}

export interface PersonState {
  gold: number;
  role: 'USER' | 'SERVICE';
  /** The role was changed, and the access token is as good as none. */
  isStale: boolean;
  /** Ids of events that were taken, of this person as the source. */
  readonly taken: string[];
  /** Of each quest. */
  readonly counts: number[];
  /** Of each quest, whether each completion is claimed. */
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
  /** Only events of this size move it; null for all. */
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

/** How many people, products and quests there are. */
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

/** An event that was taken moves the quests, later. */
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
