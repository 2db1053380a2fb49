import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { Passwords } from '../../src/auth/password.ts';
import { transaction } from '../../src/database/transaction.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { createAccount } from '../../src/services/account.service.ts';
import {
  AddPostToCollectionDocument,
  AdjustWalletDocument,
  CreateCollectionDocument,
  type CreateCollectionInput,
  CreatePostDocument,
  type CreatePostInput,
  CreateProductDocument,
  type CreateProductInput,
  type CreateQuestInput,
  CreateRewardDocument,
  CreateWholeQuestDocument,
  type EventInput,
  type MoneyInput,
  PurchaseProductDocument,
  RecordEventsDocument,
  SignInDocument,
  SignUpDocument,
  type SignUpInput,
  UpdateWholeQuestDocument,
} from '../generated/operations.ts';
import { type Client, unlessTooMuch } from './client.ts';
import type { Site } from './site.ts';
import { unique } from './unique.ts';

/** Somebody who is signed in. */
export interface Person {
  /** Of the user; the account has its own. */
  readonly id: string;
  readonly accountId: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Over HTTP, with the access token. */
  readonly client: Client;
}

/** Each signing up hashes a password: a crowd at once would be refused as overload on a slow machine. */
const fewAtOnce = pLimit(4);

type Step = (person: Person) => Promise<unknown>;

/** A person in the making: `await seed.user().withGold(100)`. */
export class PersonSeed extends Promise<Person> {
  static override get [Symbol.species]() {
    return Promise;
  }

  readonly #seed: Seed;

  constructor(seed: Seed, make: () => Promise<Person>) {
    super((resolve, reject) => make().then(resolve, reject));
    this.#seed = seed;
  }

  /** An admin gives it to them. */
  withGold(amount: number): PersonSeed {
    return this.#and((person) => this.#seed.give(person, { currency: 'GOLD', amount }));
  }

  withDiamonds(amount: number): PersonSeed {
    return this.#and((person) => this.#seed.give(person, { currency: 'DIAMOND', amount }));
  }

  /** Signed in for the first time, after signing up: ACTIVE. */
  active(): PersonSeed {
    return this.#and(({ username: login, password, client }) =>
      client.mutate(SignInDocument, { input: { login, password } }),
    );
  }

  #and(step: Step): PersonSeed {
    const stepped = async (person: Person) => {
      await step(person);
      return person;
    };
    return new PersonSeed(this.#seed, () => this.then(stepped));
  }
}

/** Makes what a test needs, under names that nothing else has; through the API wherever it has a way. */
export class Seed {
  #boss: Promise<Person> | undefined;
  readonly #client: Client;
  readonly #site: Site;

  constructor(client: Client, site: Site) {
    this.#client = client;
    this.#site = site;
  }

  /** Somebody who has signed up. */
  user(given: Partial<SignUpInput> = {}): PersonSeed {
    return new PersonSeed(this, async () => {
      const input = newcomer(given);
      const signUp = () => this.#client.mutate(SignUpDocument, { input });
      const payload = await fewAtOnce(() => unlessTooMuch(signUp));
      const { accessToken, refreshToken, account } = payload;
      return this.#person({
        ...input,
        accessToken,
        refreshToken,
        id: account.user.id,
        accountId: account.id,
      });
    });
  }

  admin(): PersonSeed {
    return new PersonSeed(this, () => this.#made('ADMIN'));
  }

  /** A back-end service. */
  service(): PersonSeed {
    return new PersonSeed(this, () => this.#made('SERVICE'));
  }

  /** Left out: a name and a type of event of its own, one event to complete it. */
  async quest(given: Partial<CreateQuestInput> = {}) {
    const input = { name: unique('Quest '), eventType: unique('test.'), ...given };
    const { client } = await this.boss();
    return (await client.mutate(CreateWholeQuestDocument, { input })).quest;
  }

  /** One that stands still. */
  async archivedQuest(given: Partial<CreateQuestInput> = {}) {
    const { id, version: expectedVersion } = await this.quest(given);
    const { client } = await this.boss();
    const input = { id, expectedVersion, archived: true };
    return (await client.mutate(UpdateWholeQuestDocument, { input })).quest;
  }

  /** Left out: a name of its own, 10 gold. */
  async reward(item: MoneyInput = { currency: 'GOLD', amount: 10 }, name = unique('Reward ')) {
    const { client } = await this.boss();
    return (await client.mutate(CreateRewardDocument, { input: { name, item } })).reward;
  }

  /** Left out: a SKU and a name of its own, 10 gold, no limit to the stock. */
  async product(given: Partial<CreateProductInput> = {}) {
    const price = { currency: 'GOLD', amount: 10 } as const;
    const input = { sku: unique('SKU-'), name: unique('Product '), price, ...given };
    const { client } = await this.boss();
    return (await client.mutate(CreateProductDocument, { input })).product;
  }

  /** Somebody buys a product, for what they have. */
  async purchase(
    { client }: Pick<Person, 'client'>,
    { id: productId, price: expectedPrice }: { readonly id: string; readonly price: MoneyInput },
    quantity = 1,
  ) {
    const input = { productId, expectedPrice, quantity, idempotencyKey: randomUUID() };
    return (await client.mutate(PurchaseProductDocument, { input })).purchase;
  }

  /** Left out: a title of its own. */
  async post({ client }: Pick<Person, 'client'>, given: Partial<CreatePostInput> = {}) {
    const input = { title: unique('Post '), body: 'A few words.', ...given };
    return (await client.mutate(CreatePostDocument, { input })).post;
  }

  /** Left out: a name of its own, public. */
  async collection({ client }: Pick<Person, 'client'>, given: Partial<CreateCollectionInput> = {}) {
    const input = { name: unique('Collection '), ...given };
    return (await client.mutate(CreateCollectionDocument, { input })).collection;
  }

  /** Somebody puts posts into a collection, one after the other. */
  async collect(
    { client }: Pick<Person, 'client'>,
    { id: collectionId }: { readonly id: string },
    ...posts: readonly { readonly id: string }[]
  ): Promise<void> {
    for (const { id: postId } of posts)
      await client.mutate(AddPostToCollectionDocument, { input: { collectionId, postId } });
  }

  /** An admin gives something to a person, or takes it; gives the line of the ledger. */
  async give({ id }: Pick<Person, 'id'>, amount: MoneyInput) {
    const { client } = await this.boss();
    const input = { userId: id, amount, note: 'from the seed', idempotencyKey: randomUUID() };
    return (await client.mutate(AdjustWalletDocument, { input })).entry;
  }

  /** Records one event of a person, now, as an admin; gives its id. It is applied a moment later. */
  async event(
    { id }: Pick<Person, 'id'>,
    eventType: string,
    given: Partial<EventInput> = {},
  ): Promise<string> {
    const { client } = await this.boss();
    const eventId = randomUUID();
    const event = { eventId, eventType, timestamp: new Date().toISOString(), userId: id, ...given };
    const { results } = await client.mutate(RecordEventsDocument, {
      input: { events: [event], applyWithin: 0 },
    });
    const [result] = results;
    if (result?.outcome !== 'ACCEPTED') throw new Error(`The event was not taken: ${JSON.stringify(result)}`);
    return event.eventId;
  }

  /** The admin who does what the seed needs one for. */
  boss(): Promise<Person> {
    this.#boss ??= this.#made('ADMIN');
    return this.#boss;
  }

  /** The API has no way yet to the first account of a role. */
  async #made(role: 'ADMIN' | 'SERVICE'): Promise<Person> {
    const { password, displayName, ...fields } = newcomer({ displayName: role });
    const passwordHash = await new Passwords().hash(password);
    const account = { ...fields, displayName, passwordHash, role };
    const made = await transaction(await this.#site.database(), (tx) => createAccount(tx, account));
    if (made instanceof Refusal) throw new Error(`The seed was refused: ${JSON.stringify(made.errors)}`);
    return this.signIn({ ...fields, password });
  }

  /** A session more of somebody. */
  async signIn(person: Pick<Person, 'username' | 'email' | 'password'>): Promise<Person> {
    const { username: login, password } = person;
    const signIn = () => this.#client.mutate(SignInDocument, { input: { login, password } });
    const payload = await unlessTooMuch(signIn);
    const { accessToken, refreshToken, account } = payload;
    return this.#person({ ...person, accessToken, refreshToken, id: account.user.id, accountId: account.id });
  }

  #person(fields: Omit<Person, 'client'>): Person {
    return { ...fields, client: this.#client.as(fields) };
  }
}

/** What somebody types who signs up. */
export function newcomer<Given extends Partial<SignUpInput>>(given: Given) {
  const username = unique('u');
  const fields = {
    username,
    email: `${username}@example.com`,
    password: 'plum violin harbour',
    timeZone: 'UTC',
  };
  return { ...fields, ...given };
}
