import type { Db } from '../database/database.ts';
import { accountById, userById, userByName } from './account.loader.ts';
import { notificationById, notificationsOfAccount, unreadCountOfAccount } from './notification.loader.ts';
import { productById } from './product.loader.ts';
import { purchaseById, purchasesOfAccount } from './purchase.loader.ts';
import { prerequisitesOfQuest, questById, questList, rewardsOfQuest } from './quest.loader.ts';
import { completionById, completionsOfAccount, eventIdsOfCompletion } from './quest-completion.loader.ts';
import { progressById, progressByQuest, progressOfAccount } from './quest-progress.loader.ts';
import {
  deadLetterById,
  deadLetterList,
  recordedEventById,
  recordedEventList,
} from './recorded-event.loader.ts';
import { rewardById, rewardList } from './reward.loader.ts';
import { entriesOfWallet, ledgerEntryById, walletById } from './wallet.loader.ts';

const makers = {
  user: (db: Db) => userById(db),
  userByName: (db: Db) => userByName(db),
  account: (db: Db) => accountById(db),
  wallet: (db: Db) => walletById(db),
  ledgerEntry: (db: Db) => ledgerEntryById(db),
  entriesOfWallet: (db: Db) => entriesOfWallet(db),
  reward: (db: Db) => rewardById(db),
  rewards: (db: Db) => bind(db, rewardList),
  quest: (db: Db) => questById(db),
  quests: (db: Db) => bind(db, questList),
  rewardsOfQuest: (db: Db) => rewardsOfQuest(db),
  prerequisitesOfQuest: (db: Db) => prerequisitesOfQuest(db),
  progress: (db: Db) => progressById(db),
  viewerProgress: (db: Db, viewerId: string | null) => progressByQuest(db, viewerId),
  progressOfAccount: (db: Db) => progressOfAccount(db),
  completion: (db: Db) => completionById(db),
  completionsOfAccount: (db: Db) => completionsOfAccount(db),
  eventIdsOfCompletion: (db: Db) => eventIdsOfCompletion(db),
  product: (db: Db) => productById(db),
  purchase: (db: Db) => purchaseById(db),
  purchasesOfAccount: (db: Db) => purchasesOfAccount(db),
  notification: (db: Db) => notificationById(db),
  notificationsOfAccount: (db: Db) => notificationsOfAccount(db),
  unreadCountOfAccount: (db: Db) => unreadCountOfAccount(db),
  recordedEvent: (db: Db) => recordedEventById(db),
  recordedEvents: (db: Db) => bind(db, recordedEventList),
  deadLetter: (db: Db) => deadLetterById(db),
  deadLetters: (db: Db) => bind(db, deadLetterList),
};

/** Every batched read of one operation. */
export type Loaders = { readonly [Name in keyof typeof makers]: ReturnType<(typeof makers)[Name]> };

/** Makes the loaders of one operation: each where it is first asked for, for an operation uses few of them. */
export function createLoaders(db: Db, viewerId: string | null): Loaders {
  const loaders: Loaders = Object.create(lazyLoaders);
  sources.set(loaders, [db, viewerId]);
  return loaders;
}

const sources = new WeakMap<object, readonly [Db, string | null]>();

/** One prototype for all operations: a getter makes its loader and puts it in its own place. */
const lazyLoaders = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [
      name,
      {
        get(this: object) {
          const source = sources.get(this);
          if (source === undefined) throw new Error('These loaders were not made by createLoaders.');
          const value = make(...source);
          Object.defineProperty(this, name, { value });
          return value;
        },
      },
    ]),
  ),
);

function bind<Request, Connection>(
  db: Db,
  list: { connection(db: Db, request: Request): Promise<Connection> },
): { connection(request: Request): Promise<Connection> } {
  return { connection: (request) => list.connection(db, request) };
}
