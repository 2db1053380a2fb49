import { parseId } from '../../src/domain/ids.ts';
import type { Person, Seed } from '../kit/seed.ts';
import type { Site } from '../kit/site.ts';
import { unique } from '../kit/unique.ts';
import { sizes, type World } from './world.ts';

export interface StageOptions {
  readonly site: Site;
  readonly seed: Seed;
  /** The URLs of the processes, which take turns. */
  readonly urls: readonly string[];
}

/** The people and things of a run. */
export interface Cast {
  readonly people: Person[];
  readonly products: readonly string[];
  readonly quests: readonly string[];
  readonly posts: readonly string[];
  readonly collections: readonly string[];
  readonly eventType: string;
}

/** Creates what the world of a run begins with. */
export async function makeCast(options: StageOptions, world: World): Promise<Cast> {
  const { seed } = options;
  const eventType = unique('model.');
  const [people, products, quests] = await Promise.all([
    Promise.all(Array.from({ length: sizes.people }, () => seed.user())),
    Promise.all(world.products.map(({ price, stock }) => seed.product({ price: gold(price), stock }))),
    makeQuests(options, world, eventType),
  ]);
  const [posts, collections] = await Promise.all([
    Promise.all(people.map((person) => seed.post(person))),
    Promise.all(people.map((person) => seed.collection(person))),
  ]);
  const ids = (nodes: readonly { readonly id: string }[]) => nodes.map(({ id }) => id);
  return {
    people,
    products: ids(products),
    quests,
    posts: ids(posts),
    collections: ids(collections),
    eventType,
  };
}

/**
 * Returns the quests' ids. They are created one after another, because an event is applied to quests in the order of
 * their ids.
 */
async function makeQuests({ seed }: StageOptions, world: World, eventType: string): Promise<string[]> {
  const quests: string[] = [];
  for (const { goal, gold: amount, autoClaim, most, size } of world.quests) {
    const reward = await rewardOf(seed, amount);
    const quest = await seed.quest({
      eventType,
      goal,
      autoClaim,
      maxCompletions: most,
      selfReported: true,
      eventMatch: size === null ? null : { size },
      rewards: [{ rewardId: reward.id }],
    });
    quests.push(quest.id);
  }
  return quests;
}

const rewards = new Map<number, ReturnType<Seed['reward']>>();

/** Shared by all runs. */
function rewardOf(seed: Seed, amount: number): ReturnType<Seed['reward']> {
  const made = rewards.get(amount) ?? seed.reward(gold(amount));
  rewards.set(amount, made);
  return made;
}

export function uuidsOf(ids: readonly string[]): (string | undefined)[] {
  return ids.map((id) => parseId(id).uuid);
}

export function gold(amount: number) {
  return { currency: 'GOLD', amount } as const;
}
