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
import type { Client } from './client.ts';
import type { Site } from './site.ts';
import { unique } from './unique.ts';

/** A person who is signed in. */
export interface Person {
  /** The id of the user; the account has another. */
  readonly id: string;
  readonly accountId: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** An HTTP client with the access token. */
  readonly client: Client;
}

/** Each sign-up hashes a password: many at once would be refused as overload on a slow machine. */
const fewAtOnce = pLimit(4);

type Step = (person: Person) => Promise<unknown>;

/** A person who is being created: `await seed.user().withGold(100)`. */
export class PersonSeed extends Promise<Person> {
  static override get [Symbol.species]() {
    return Promise;
  }

  readonly #seed: Seed;

  constructor(seed: Seed, make: () => Promise<Person>) {
    super((resolve, reject) => make().then(resolve, reject));
    this.#seed = seed;
  }

  /** An admin gives the person this amount of gold. */
  withGold(amount: number): PersonSeed {
    return this.#and((person) => this.#seed.give(person, { currency: 'GOLD', amount }));
  }

  withDiamonds(amount: number): PersonSeed {
    return this.#and((person) => this.#seed.give(person, { currency: 'DIAMOND', amount }));
  }

  /** Signs the person in for the first time after signing up, which makes them ACTIVE. */
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

/** Creates what a test needs, with unique names, and through the API if possible. */
export class Seed {
  #boss: Promise<Person> | undefined;
  readonly #client: Client;
  readonly #site: Site;

  constructor(client: Client, site: Site) {
    this.#client = client;
    this.#site = site;
  }

  /** Signs a person up. */
  user(given: Partial<SignUpInput> = {}): PersonSeed {
    return new PersonSeed(this, async () => {
      const input = newcomer(given);
      const payload = await fewAtOnce(() => this.#client.mutate(SignUpDocument, { input }));
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

  /** Defaults: a new name, a new event type, and one event to complete it. */
  async quest(given: Partial<CreateQuestInput> = {}) {
    const input = { name: unique('Quest '), eventType: unique('test.'), ...given };
    const { client } = await this.boss();
    return (await client.mutate(CreateWholeQuestDocument, { input })).quest;
  }

  /** An archived quest. */
  async archivedQuest(given: Partial<CreateQuestInput> = {}) {
    const { id, version: expectedVersion } = await this.quest(given);
    const { client } = await this.boss();
    const input = { id, expectedVersion, archived: true };
    return (await client.mutate(UpdateWholeQuestDocument, { input })).quest;
  }

  /** Defaults: a new name, 10 gold. */
  async reward(item: MoneyInput = { currency: 'GOLD', amount: 10 }, name = unique('Reward ')) {
    const { client } = await this.boss();
    return (await client.mutate(CreateRewardDocument, { input: { name, item } })).reward;
  }

  /** Defaults: a new SKU and name, 10 gold, unlimited stock. */
  async product(given: Partial<CreateProductInput> = {}) {
    const price = { currency: 'GOLD', amount: 10 } as const;
    const input = { sku: unique('SKU-'), name: unique('Product '), price, ...given };
    const { client } = await this.boss();
    return (await client.mutate(CreateProductDocument, { input })).product;
  }

  /** A person buys a product with what they have. */
  async purchase(
    { client }: Pick<Person, 'client'>,
    { id: productId, price: expectedPrice }: { readonly id: string; readonly price: MoneyInput },
    quantity = 1,
  ) {
    const input = { productId, expectedPrice, quantity, idempotencyKey: randomUUID() };
    return (await client.mutate(PurchaseProductDocument, { input })).purchase;
  }

  /** Default: a new title. */
  async post({ client }: Pick<Person, 'client'>, given: Partial<CreatePostInput> = {}) {
    const input = { title: unique('Post '), body: 'A few words.', ...given };
    return (await client.mutate(CreatePostDocument, { input })).post;
  }

  /** Defaults: a new name, public. */
  async collection({ client }: Pick<Person, 'client'>, given: Partial<CreateCollectionInput> = {}) {
    const input = { name: unique('Collection '), ...given };
    return (await client.mutate(CreateCollectionDocument, { input })).collection;
  }

  /** A person puts posts into a collection, one after the other. */
  async collect(
    { client }: Pick<Person, 'client'>,
    { id: collectionId }: { readonly id: string },
    ...posts: readonly { readonly id: string }[]
  ): Promise<void> {
    for (const { id: postId } of posts)
      await client.mutate(AddPostToCollectionDocument, { input: { collectionId, postId } });
  }

  /** An admin gives something to a person, or takes it away; returns the ledger entry. */
  async give({ id }: Pick<Person, 'id'>, amount: MoneyInput) {
    const { client } = await this.boss();
    const input = { userId: id, amount, note: 'from the seed', idempotencyKey: randomUUID() };
    return (await client.mutate(AdjustWalletDocument, { input })).entry;
  }

  /** Records one event of a person, now, as an admin; returns its id. It is applied a moment later. */
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

  /** The admin who does what the seed needs an admin for. */
  boss(): Promise<Person> {
    this.#boss ??= this.#made('ADMIN');
    return this.#boss;
  }

  /** The API cannot create the first account of a role yet. */
  async #made(role: 'ADMIN' | 'SERVICE'): Promise<Person> {
    const { password, displayName, ...fields } = newcomer({ displayName: role });
    const passwordHash = await new Passwords().hash(password);
    const account = { ...fields, displayName, passwordHash, role };
    const made = await transaction(await this.#site.database(), (tx) => createAccount(tx, account));
    if (made instanceof Refusal) throw new Error(`The seed was refused: ${JSON.stringify(made.errors)}`);
    return this.signIn({ ...fields, password });
  }

  /** Begins another session of a person. */
  async signIn(person: Pick<Person, 'username' | 'email' | 'password'>): Promise<Person> {
    const { username: login, password } = person;
    const payload = await this.#client.mutate(SignInDocument, { input: { login, password } });
    const { accessToken, refreshToken, account } = payload;
    return this.#person({ ...person, accessToken, refreshToken, id: account.user.id, accountId: account.id });
  }

  #person(fields: Omit<Person, 'client'>): Person {
    return { ...fields, client: this.#client.as(fields) };
  }
}

/** What a person enters to sign up. */
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
