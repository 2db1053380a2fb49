import type { Currency } from '../domain/money.ts';
import type { QuestCadence, QuestKind } from '../entities/quest.entity.ts';

/** The password of all accounts in the demo data. The rule for passwords does not apply to it. */
export const demoPassword = 'password';

/** The accounts for trying things out; the others are in `demo-authors.ts`. */
export const demoPeople = [
  { username: 'user', email: 'user@questline.example', displayName: 'Demo User', role: 'USER' },
  { username: 'admin', email: 'admin@questline.example', displayName: 'Demo Admin', role: 'ADMIN' },
] as const;

interface DemoReward {
  readonly key: string;
  readonly name: string;
  readonly currency: Currency;
  readonly amount: number;
}

export const demoRewards: readonly DemoReward[] = [
  { key: 'coins', name: 'A few coins', currency: 'GOLD', amount: 5 },
  { key: 'purse', name: 'A purse of gold', currency: 'GOLD', amount: 50 },
  { key: 'chest', name: 'A chest of gold', currency: 'GOLD', amount: 250 },
  { key: 'diamond', name: 'A diamond', currency: 'DIAMOND', amount: 1 },
  { key: 'diamonds', name: 'Ten diamonds', currency: 'DIAMOND', amount: 10 },
];

interface DemoQuest {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly eventType: string;
  readonly eventMatch?: Record<string, unknown>;
  readonly kind?: QuestKind;
  readonly cadence?: QuestCadence;
  readonly goal?: number;
  readonly autoClaim?: boolean;
  /** By default once; null for no limit. */
  readonly maxCompletions?: number | null;
  readonly selfReported?: boolean;
  /** Keys of rewards. */
  readonly rewards: readonly string[];
  /** The keys of its prerequisites. */
  readonly after?: readonly string[];
}

export const demoQuests: readonly DemoQuest[] = [
  {
    key: 'arrival',
    name: 'A first step',
    description: 'Sign up. You have done that: claim the reward.',
    eventType: 'user.signed_up',
    rewards: ['coins'],
  },
  {
    key: 'welcome',
    name: 'Welcome to Questline',
    description: 'Sign in for the first time.',
    eventType: 'user.signed_in',
    eventMatch: { first: true },
    autoClaim: true,
    rewards: ['purse', 'diamond'],
  },
  {
    key: 'back-again',
    name: 'Back again',
    description: 'Every sign-in after the first pays a little.',
    eventType: 'user.signed_in',
    eventMatch: { first: false },
    autoClaim: true,
    maxCompletions: null,
    rewards: ['coins'],
  },
  {
    key: 'three-days',
    name: 'Three days in a row',
    description: 'Be here on three consecutive days.',
    eventType: 'user.active',
    kind: 'STREAK',
    cadence: 'DAILY',
    goal: 3,
    maxCompletions: null,
    rewards: ['diamonds'],
  },
  {
    key: 'four-weeks',
    name: 'A faithful month',
    description: 'Be here in four consecutive weeks.',
    eventType: 'user.active',
    kind: 'STREAK',
    cadence: 'WEEKLY',
    goal: 4,
    maxCompletions: null,
    rewards: ['chest', 'diamonds'],
  },
  {
    key: 'first-post',
    name: 'The first post',
    description: 'Write a post.',
    eventType: 'post.created',
    rewards: ['purse'],
  },
  {
    key: 'ten-posts',
    name: 'An author',
    description: 'Write ten posts, after the first one.',
    eventType: 'post.created',
    goal: 10,
    rewards: ['chest'],
    after: ['first-post'],
  },
  {
    key: 'daily-post',
    name: 'The daily page',
    description: 'Write a post a day; each day pays once.',
    eventType: 'post.created',
    cadence: 'DAILY',
    maxCompletions: null,
    rewards: ['coins'],
  },
  {
    key: 'first-collection',
    name: 'A collector',
    description: 'Make a collection.',
    eventType: 'collection.created',
    rewards: ['purse'],
  },
  {
    key: 'curator',
    name: 'A curator',
    description: 'Add five posts to your collections.',
    eventType: 'collection.post_added',
    goal: 5,
    rewards: ['chest'],
    after: ['first-collection'],
  },
  {
    key: 'first-purchase',
    name: 'A customer',
    description: 'Buy something in the shop.',
    eventType: 'product.purchased',
    rewards: ['diamond'],
  },
  {
    key: 'lessons',
    name: 'Ten lessons this week',
    description: 'Finish ten lessons in one week. Report them yourself: record lesson.finished.',
    eventType: 'lesson.finished',
    cadence: 'WEEKLY',
    goal: 10,
    maxCompletions: null,
    selfReported: true,
    rewards: ['purse'],
  },
  {
    key: 'questor',
    name: 'A true questor',
    description: 'Complete five quests.',
    eventType: 'quest.completed',
    goal: 5,
    rewards: ['chest', 'diamonds'],
  },
];
