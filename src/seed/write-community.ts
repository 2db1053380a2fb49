import type { Transaction } from '../database/transaction.ts';
import { newUuid } from '../domain/ids.ts';
import { Account } from '../entities/account.entity.ts';
import { Collection, CollectionPost } from '../entities/collection.entity.ts';
import { Post } from '../entities/post.entity.ts';
import { Wallet } from '../entities/wallet.entity.ts';
import { demoAuthors } from './demo-authors.ts';
import { type DemoCollection, demoCollections, holds } from './demo-collections.ts';
import { type DemoPost, demoPosts } from './demo-posts.ts';

export interface CommunityOptions {
  readonly passwordHash: string;
  /** The times of all rows lie in the months before this. */
  readonly now: Date;
}

/** Writes people, their posts and their collections, each table with one statement. */
export async function writeCommunity(tx: Transaction, options: CommunityOptions): Promise<void> {
  const idOf = await writePeople(tx, options);
  const posts = await writePosts(tx, idOf, options);
  await writeCollections(tx, idOf, posts, options);
}

type IdOf = (username: string) => string;

async function writePeople({ em }: Transaction, { passwordHash, now }: CommunityOptions): Promise<IdOf> {
  const people = demoAuthors.map(({ person: [username, displayName, timeZone] }, index) => ({
    id: newUuid(),
    username,
    displayName,
    timeZone,
    email: `${username}@questline.example`,
    passwordHash,
    status: 'ACTIVE' as const,
    createdAt: before(now, (200 - 5 * index) * day),
  }));
  await em.insertMany(Account, people);
  await em.insertMany(
    Wallet,
    people.map(({ id }) => ({ id, accountId: id })),
  );
  const ids = new Map(people.map(({ username, id }) => [username, id]));
  return (username) => {
    const id = ids.get(username);
    if (id === undefined) throw new Error(`The demo data name nobody ${username}.`);
    return id;
  };
}

type WrittenPost = DemoPost & { readonly id: string; readonly createdAt: Date };

async function writePosts(
  { em }: Transaction,
  idOf: IdOf,
  { now }: CommunityOptions,
): Promise<WrittenPost[]> {
  const posts = demoPosts().map((post, index, { length }) => ({
    ...post,
    id: newUuid(),
    createdAt: before(now, (length - index) * 7.2 * hour),
  }));
  await em.insertMany(
    Post,
    posts.map(({ id, author, title, body, createdAt }) => ({
      ...{ id, title, body, createdAt },
      authorId: idOf(author),
      updatedAt: createdAt,
    })),
  );
  return posts;
}

async function writeCollections(
  { em }: Transaction,
  idOf: IdOf,
  posts: readonly WrittenPost[],
  { now }: CommunityOptions,
): Promise<void> {
  const collections = demoCollections.map((collection, index, { length }) => ({
    ...collection,
    id: newUuid(),
    createdAt: before(now, (length - index) * 2 * day),
  }));
  await em.insertMany(
    Collection,
    collections.map(({ id, name, visibility, owner, createdAt }) => ({
      ...{ id, name, visibility, createdAt },
      ownerId: idOf(owner),
      updatedAt: createdAt,
    })),
  );
  await em.insertMany(
    CollectionPost,
    collections.flatMap((collection) => entriesOf(collection, posts)),
  );
}

/** A post is added to a collection as soon as both exist, plus one minute for each earlier post in the collection. */
function entriesOf(
  collection: DemoCollection & { readonly id: string; readonly createdAt: Date },
  posts: readonly WrittenPost[],
) {
  return posts
    .filter((post) => holds(collection, post))
    .map(({ id, createdAt }, place) => ({
      collectionId: collection.id,
      postId: id,
      addedAt: new Date(Math.max(createdAt.getTime(), collection.createdAt.getTime()) + place * minute),
    }));
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function before(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}
