import fc from 'fast-check';
import { applyEvent, at, sizes, type World } from './world.ts';

/** An action of a person. */
export type Command =
  | { readonly kind: 'adjust'; readonly person: number; readonly amount: number; readonly key: string }
  | { readonly kind: 'reverse'; readonly key: string }
  | {
      readonly kind: 'purchase';
      readonly person: number;
      readonly product: number;
      readonly quantity: number;
      readonly key: string;
      /** The difference between the price sent and the price before the command. */
      readonly off: number;
    }
  | {
      readonly kind: 'setProduct';
      readonly product: number;
      readonly price: number;
      readonly stock: number | null;
      readonly isActive: boolean;
    }
  | {
      readonly kind: 'record';
      readonly person: number;
      readonly forWhom: number;
      readonly event: number;
      readonly size: string;
    }
  | { readonly kind: 'claim'; readonly person: number; readonly quest: number; readonly ordinal: number }
  | { readonly kind: 'archive'; readonly quest: number; readonly isArchived: boolean }
  | { readonly kind: 'setRole'; readonly person: number; readonly role: 'USER' | 'SERVICE' }
  | {
      readonly kind: 'setVisibility';
      readonly person: number;
      readonly collection: number;
      readonly isPrivate: boolean;
    }
  | {
      readonly kind: 'addPost' | 'removePost';
      readonly person: number;
      readonly collection: number;
      readonly post: number;
    }
  | { readonly kind: 'deletePost'; readonly person: number; readonly post: number }
  | { readonly kind: 'look'; readonly person: number; readonly collection: number };

/** The state when a batch begins, whose versions and prices are sent along, as from an open screen. */
export type Shown = Readonly<World>;

/** A step of the model: returns what the client sees of it, or undefined if it sees nothing. */
export interface Step {
  readonly run: (world: World) => string | undefined;
}

const person = fc.nat(sizes.people - 1);
const key = fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4');
const collection = fc.nat(sizes.people - 1);
const post = fc.nat(sizes.people - 1);
const product = fc.nat(sizes.products - 1);
const quest = fc.nat(sizes.quests - 1);

/** Occasionally a person other than the owner. */
const stranger = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: person });

/** Weighted towards commands that move money. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('adjust' as const),
      person,
      amount: fc.constantFrom(-40, -10, 25, 60, 100),
      key,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reverse' as const), key }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('purchase' as const),
      person,
      product,
      quantity: fc.integer({ min: 1, max: 3 }),
      key,
      off: fc.constantFrom(0, 0, 0, 0, -1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setProduct' as const),
      product,
      price: fc.constantFrom(5, 10, 30),
      stock: fc.constantFrom(null, 0, 1, 3),
      isActive: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        kind: fc.constant('record' as const),
        person,
        other: stranger,
        event: fc.nat(7),
        size: fc.constantFrom('big', 'small'),
      })
      .map(({ other, ...rest }) => ({ ...rest, forWhom: other ?? rest.person })),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      person,
      quest: fc.constantFrom(0, 1, 1, 2, 2),
      ordinal: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('archive' as const),
      quest,
      isArchived: fc.constantFrom(true, false, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('setRole' as const),
      person,
      role: fc.constantFrom('USER' as const, 'SERVICE' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ kind: fc.constant('setVisibility' as const), stranger, collection, isPrivate: fc.boolean() })
      .map(({ stranger: other, ...rest }) => ({ ...rest, person: other ?? rest.collection })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        kind: fc.constantFrom('addPost' as const, 'addPost' as const, 'removePost' as const),
        stranger,
        collection,
        post,
      })
      .map(({ stranger: other, ...rest }) => ({ ...rest, person: other ?? rest.collection })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ kind: fc.constant('deletePost' as const), stranger, post })
      .map(({ stranger: other, ...rest }) => ({ ...rest, person: other ?? rest.post })),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('look' as const), person, collection }) },
);

/** The steps of a command according to the rules (RULES.md); steps of others may come between them. */
export function stepsOf(what: Command, shown: Shown): Step[] {
  const one = (run: Step['run']): Step[] => [{ run }];
  /** An action of a person whose token may be stale. */
  const as = (who: number, run: (world: World) => string): Step[] =>
    one((world) => (at(world.people, who).isStale ? 'UNAUTHENTICATED' : run(world)));
  switch (what.kind) {
    case 'adjust':
      return one((world) => adjust(world, what));
    case 'reverse':
      return one((world) => reverse(world, what.key));
    case 'purchase':
      return as(what.person, (world) => purchase(world, what, shown));
    case 'setProduct':
      return one((world) => setProduct(world, what, at(shown.products, what.product).version));
    case 'record':
      return record(what);
    case 'claim':
      return as(what.person, (world) => claim(world, what));
    case 'archive':
      return one((world) => {
        const state = at(world.quests, what.quest);
        if (state.version !== at(shown.quests, what.quest).version) return 'VERSION_CONFLICT';
        state.isArchived = what.isArchived;
        state.version++;
        return `version ${state.version}`;
      });
    case 'setRole':
      return one((world) => {
        const state = at(world.people, what.person);
        if (state.role !== what.role) state.isStale = true;
        state.role = what.role;
        return what.role;
      });
    case 'setVisibility':
      return as(what.person, (world) => {
        const state = at(world.collections, what.collection);
        if (state.owner !== what.person) return state.isPrivate ? 'NOT_FOUND' : 'FORBIDDEN';
        if (state.version !== at(shown.collections, what.collection).version) return 'VERSION_CONFLICT';
        state.isPrivate = what.isPrivate;
        state.version++;
        return `version ${state.version}`;
      });
    case 'addPost':
    case 'removePost':
      return as(what.person, (world) => changePosts(world, what));
    case 'deletePost':
      return as(what.person, (world) => {
        const state = at(world.posts, what.post);
        if (state.isDeleted) return 'NOT_FOUND';
        if (state.author !== what.person) return 'FORBIDDEN';
        state.isDeleted = true;
        for (const { posts } of world.collections) remove(posts, what.post);
        return 'deleted';
      });
    case 'look':
      return as(what.person, (world) => look(world, what));
  }
}

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

function adjust(
  { keys, adjustments, people }: World,
  { person: who, amount, key: name }: Of<'adjust'>,
): string {
  const input = JSON.stringify([who, amount]);
  const used = keys[`admin ${name}`];
  if (used !== undefined) return used === input ? 'adjusted' : 'KEY_REUSED';
  const state = at(people, who);
  if (state.gold + amount < 0) return 'INSUFFICIENT_FUNDS';
  state.gold += amount;
  keys[`admin ${name}`] = input;
  adjustments[name] = { person: who, amount, isReversed: false };
  return 'adjusted';
}

/** If the adjustment did not exist when the batch began, the client has no id for it. */
function reverse({ adjustments, people }: World, name: string): string {
  const entry = adjustments[name];
  if (entry === undefined) return 'nothing';
  if (entry.isReversed) return 'NOT_AVAILABLE';
  const state = at(people, entry.person);
  if (state.gold < entry.amount) return 'INSUFFICIENT_FUNDS';
  state.gold -= entry.amount;
  entry.isReversed = true;
  return 'reversed';
}

function purchase(world: World, what: Of<'purchase'>, shown: Shown): string {
  const expected = at(shown.products, what.product).price + what.off;
  const input = JSON.stringify([what.product, what.quantity, expected]);
  const name = `${what.person} ${what.key}`;
  const used = world.keys[name];
  if (used !== undefined) return used === input ? `bought ${name}` : 'KEY_REUSED';
  const state = at(world.products, what.product);
  const buyer = at(world.people, what.person);
  if (!state.isActive) return 'NOT_AVAILABLE';
  if (state.price !== expected) return 'PRICE_CHANGED';
  if (state.stock !== null && state.stock < what.quantity) return 'OUT_OF_STOCK';
  if (buyer.gold < state.price * what.quantity) return 'INSUFFICIENT_FUNDS';
  if (state.stock !== null) state.stock -= what.quantity;
  buyer.gold -= state.price * what.quantity;
  world.keys[name] = input;
  return `bought ${name}`;
}

function setProduct({ products }: World, what: Of<'setProduct'>, expectedVersion: number): string {
  const state = at(products, what.product);
  if (state.version !== expectedVersion) return 'VERSION_CONFLICT';
  state.price = what.price;
  state.stock = what.stock;
  state.isActive = what.isActive;
  state.version++;
  return `version ${state.version}`;
}

/** The event is accepted at once, and applied some time later. */
function record({ person: who, forWhom, event, size }: Of<'record'>): Step[] {
  const id = `${who} ${event}`;
  const take = (world: World): string => {
    const source = at(world.people, who);
    if (source.isStale) return 'UNAUTHENTICATED';
    if (source.taken.includes(id)) return 'DUPLICATE';
    const isOpen = world.quests.some(({ isArchived }) => !isArchived);
    if (source.role !== 'SERVICE' && (forWhom !== who || !isOpen)) return 'REJECTED';
    source.taken.push(id);
    world.waiting.push(id);
    return 'ACCEPTED';
  };
  const apply = (world: World): undefined => {
    if (!world.waiting.includes(id)) return;
    remove(world.waiting, id);
    applyEvent(world, forWhom, size);
  };
  return [{ run: take }, { run: apply }];
}

function claim(world: World, { person: who, quest: index, ordinal }: Of<'claim'>): string {
  const state = at(world.people, who);
  const done = at(state.completions, index);
  const isClaimed = done[ordinal];
  if (isClaimed === undefined) return 'nothing';
  if (isClaimed) return 'claimed before';
  done[ordinal] = true;
  state.gold += at(world.quests, index).gold;
  return 'claimed';
}

function changePosts(
  world: World,
  { kind, person: who, collection: into, post: what }: Of<'addPost' | 'removePost'>,
): string {
  const state = at(world.collections, into);
  if (state.owner !== who) return state.isPrivate ? 'NOT_FOUND' : 'FORBIDDEN';
  if (at(world.posts, what).isDeleted) return 'NOT_FOUND';
  if (kind === 'removePost') remove(state.posts, what);
  else if (!state.posts.includes(what)) state.posts.push(what);
  return 'changed';
}

function look(world: World, { person: who, collection: at_ }: Of<'look'>): string {
  const state = at(world.collections, at_);
  if (state.isPrivate && state.owner !== who) return 'null';
  return [...state.posts].sort().join();
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
