import type { Db } from '../database/database.ts';
import type { Reader } from '../domain/reader.ts';
import {
  accountById,
  accountList,
  accountSearch,
  userById,
  userByName,
  userList,
  userSearch,
} from './account.loader.ts';
import { auditEventById, auditEventList, auditEventsOfAccount } from './audit-event.loader.ts';
import { collectionById, collections, collectionsOfPost, collectionsOfUser } from './collection.loader.ts';
import { collectionChanges } from './collection-change.loader.ts';
import { identitiesOfAccount } from './identity.loader.ts';
import { notificationById, notificationsOfAccount, unreadCountOfAccount } from './notification.loader.ts';
import { postById, posts, postsOfCollection, postsOfUser } from './post.loader.ts';
import { productById, productBySku, productList, productSearch } from './product.loader.ts';
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
import { sessionsOfAccount } from './session.loader.ts';
import { entriesOfWallet, ledgerEntryById, walletById } from './wallet.loader.ts';

/** What an operation asks for, as far as it affects what is read. */
export interface Asked {
  /** Whether it asks for bodies of posts: a page of them is up to 20 MB. */
  readonly bodies: boolean;
  /** Whether it shows what the reader's own events have moved: queries do that began after the events were recorded. */
  readonly ownEvents: boolean;
  /** Whether it names a field that events move, so that waiting for them begins at once, beside other reads. */
  readonly moved: boolean;
}

const everything: Asked = { bodies: true, ownEvents: false, moved: false };

/** Loaders that read the same for everyone. */
const makersForAll = {
  user: (db: Db) => userById(db),
  userByName: (db: Db) => userByName(db),
  users: (db: Db) => bind(db, userList),
  userSearch: (db: Db) => bind(db, userSearch),
  account: (db: Db) => accountById(db),
  accounts: (db: Db) => bind(db, accountList),
  accountSearch: (db: Db) => bind(db, accountSearch),
  sessionsOfAccount: (db: Db) => sessionsOfAccount(db),
  identitiesOfAccount: (db: Db) => identitiesOfAccount(db),
  ledgerEntry: (db: Db) => ledgerEntryById(db),
  reward: (db: Db) => rewardById(db),
  rewards: (db: Db) => bind(db, rewardList),
  quest: (db: Db) => questById(db),
  quests: (db: Db) => bind(db, questList),
  rewardsOfQuest: (db: Db) => rewardsOfQuest(db),
  prerequisitesOfQuest: (db: Db) => prerequisitesOfQuest(db),
  completion: (db: Db) => completionById(db),
  eventIdsOfCompletion: (db: Db) => eventIdsOfCompletion(db),
  product: (db: Db) => productById(db),
  productBySku: (db: Db) => productBySku(db),
  products: (db: Db) => bind(db, productList),
  productSearch: (db: Db) => bind(db, productSearch),
  post: (db: Db, { bodies }: Asked) => postById(db, bodies),
  postsOfUser: (db: Db, { bodies }: Asked) => postsOfUser(db, bodies),
  purchase: (db: Db) => purchaseById(db),
  purchasesOfAccount: (db: Db) => purchasesOfAccount(db),
  notification: (db: Db) => notificationById(db),
  recordedEvent: (db: Db) => recordedEventById(db),
  recordedEvents: (db: Db) => bind(db, recordedEventList),
  deadLetter: (db: Db) => deadLetterById(db),
  deadLetters: (db: Db) => bind(db, deadLetterList),
  auditEvent: (db: Db) => auditEventById(db),
  auditEvents: (db: Db) => bind(db, auditEventList),
  auditEventsOfAccount: (db: Db) => bind(db, auditEventsOfAccount),
};

/** Loaders that read what events move, so the reader's own events may have to be waited for. */
const makersOfMoved = {
  wallet: (db: Db) => walletById(db),
  entriesOfWallet: (db: Db) => entriesOfWallet(db),
  progress: (db: Db) => progressById(db),
  progressOfAccount: (db: Db) => progressOfAccount(db),
  completionsOfAccount: (db: Db) => completionsOfAccount(db),
  notificationsOfAccount: (db: Db) => notificationsOfAccount(db),
  unreadCountOfAccount: (db: Db) => unreadCountOfAccount(db),
};

/** The same, for the reader alone. */
const makersOfOwnMoved = {
  viewerProgress: (db: Db, reader: Reader) => progressByQuest(db, reader?.accountId ?? null),
};

/** Loaders whose results depend on the reader. */
const makersForOne = {
  posts: (db: Db, reader: Reader, { bodies }: Asked) => posts(db, reader, bodies),
  postsOfCollection: (db: Db, reader: Reader, { bodies }: Asked) => postsOfCollection(db, reader, bodies),
  collection: (db: Db, reader: Reader) => collectionById(db, reader),
  collections: (db: Db, reader: Reader) => collections(db, reader),
  collectionChanges: (db: Db, reader: Reader) => collectionChanges(db, reader),
  collectionsOfUser: (db: Db, reader: Reader) => collectionsOfUser(db, reader),
  collectionsOfPost: (db: Db, reader: Reader) => collectionsOfPost(db, reader),
};

/** Reads that several operations may share: they do not depend on the reader, whom they are never told. */
export type SharedLoaders = Made<typeof makersForAll & typeof makersOfMoved>;

/** Every batched read of one operation. */
export type Loaders = SharedLoaders & Made<typeof makersOfOwnMoved & typeof makersForOne>;

type Made<Makers extends Record<string, (db: Db, ...more: never[]) => unknown>> = {
  readonly [Name in keyof Makers]: ReturnType<Makers[Name]>;
};

export interface LoaderOptions {
  /** Replaces the loaders that do not depend on the reader. */
  readonly shared?: SharedLoaders | undefined;
  /** What the operation asks for; if left out, everything. */
  readonly asked?: Asked | undefined;
  /** Waits for the reader's own events; if left out, what events move is read as it is. */
  readonly ownEventsApplied?: (() => Promise<void>) | undefined;
}

/**
 * Makes the loaders of one operation. Each is made when it is first used, because an operation uses few of them.
 * @param reader called only by loaders whose results depend on the reader
 */
export function createLoaders(
  db: Db,
  reader: () => Reader,
  { shared, asked = everything, ownEventsApplied }: LoaderOptions = {},
): Loaders {
  const loaders: Loaders = Object.create(lazyLoaders);
  const dbOfMoved = ownEventsApplied === undefined ? db : readAfter(ownEventsApplied, db, asked.moved);
  sources.set(loaders, { db, dbOfMoved, reader, shared, asked });
  return loaders;
}

/** Makes loaders that operations share. Loaders that depend on the reader are made for each operation. */
export function createSharedLoaders(db: Db): SharedLoaders {
  return createLoaders(db, () => {
    throw new Error('What depends on who reads is not shared.');
  });
}

interface LoaderSource {
  readonly db: Db;
  /** The database for loaders of what events move. */
  readonly dbOfMoved: Db;
  readonly reader: () => Reader;
  readonly shared: SharedLoaders | undefined;
  readonly asked: Asked;
}

const sources = new WeakMap<object, LoaderSource>();

/** One prototype for all operations: a getter makes its loader and replaces itself with it. */
const lazyLoaders = Object.defineProperties(
  {},
  {
    ...lazily(makersForAll, (make, { db, shared, asked }, name) => shared?.[name] ?? make(db, asked)),
    ...lazily(makersOfMoved, (make, { dbOfMoved, shared }, name) => shared?.[name] ?? make(dbOfMoved)),
    ...lazily(makersOfOwnMoved, (make, { dbOfMoved, reader }) => make(dbOfMoved, reader())),
    ...lazily(makersForOne, (make, { db, reader, asked }) => make(db, reader(), asked)),
  },
);

/**
 * The same database, from which nothing is read before `done` has run once.
 * @param now whether `done` begins now; otherwise with the first read
 */
function readAfter(done: () => Promise<void>, db: Db, now: boolean): Db {
  let isDone = now ? done() : undefined;
  return {
    async query(statement, values, budget) {
      isDone ??= done();
      await isDone;
      return db.query(statement, values, budget);
    },
  };
}

function lazily<Name extends string, Make>(
  makers: Readonly<Record<Name, Make>>,
  call: (make: Make, source: LoaderSource, name: Name) => unknown,
): PropertyDescriptorMap {
  return Object.fromEntries(
    namesOf(makers).map((name) => [
      name,
      {
        get(this: object) {
          const source = sources.get(this);
          if (source === undefined) throw new Error('These loaders were not made by createLoaders.');
          const value = call(makers[name], source, name);
          Object.defineProperty(this, name, { value });
          return value;
        },
      },
    ]),
  );
}

function namesOf<Name extends string>(makers: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(makers).filter((name): name is Name => name in makers);
}

function bind<Request, Connection>(
  db: Db,
  list: { connection(db: Db, request: Request): Promise<Connection> },
): { connection(request: Request): Promise<Connection> } {
  return { connection: (request) => list.connection(db, request) };
}
