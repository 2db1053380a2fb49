import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parseId, toId } from '../../src/domain/ids.ts';
import {
  AddPostToCollectionDocument,
  AdjustWalletDocument,
  ClaimRewardDocument,
  DeletePostDocument,
  PurchaseProductDocument,
  RecordEventsDocument,
  RefreshSessionDocument,
  RemovePostFromCollectionDocument,
  ReverseEntryDocument,
  SetRoleDocument,
  UpdateCollectionDocument,
  UpdateProductDocument,
  UpdateWholeQuestDocument,
} from '../generated/operations.ts';
import { Client, codesOf, type UserError } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import type { Person } from '../kit/seed.ts';
import { type Cast, gold, makeCast, type StageOptions, uuidsOf } from './cast.ts';
import type { Command, Shown } from './commands.ts';
import { at, type World } from './world.ts';

/** The real world of one run: sends commands, and reports the answers in the model's words. */
export class Stage {
  readonly #options: StageOptions;
  readonly #cast: Cast;
  readonly #admin: Person;
  readonly #entries = new Map<string, string>();
  readonly #purchases = new Map<string, string>();
  readonly #events = new Map<string, string>();
  /** The id of each completion, by person, quest and ordinal. */
  #completions: ReadonlyMap<string, string> = new Map();
  #sent = 0;

  private constructor(options: StageOptions, admin: Person, cast: Cast) {
    this.#options = options;
    this.#admin = admin;
    this.#cast = cast;
  }

  static async open(options: StageOptions, world: World): Promise<Stage> {
    return new Stage(options, await options.seed.boss(), await makeCast(options, world));
  }

  /** Performs a command, and returns what its person sees. */
  async perform(command: Command, shown: Shown): Promise<string> {
    const url = at(this.#options.urls, this.#sent++ % this.#options.urls.length);
    const admin = new Client(url, this.#admin.client.headers);
    const as = (index: number) => new Client(url, at(this.#cast.people, index).client.headers);
    const { products, quests, posts, collections, people } = this.#cast;
    switch (command.kind) {
      case 'adjust': {
        const userId = at(people, command.person).id;
        const input = {
          userId,
          amount: gold(command.amount),
          note: 'of the model',
          idempotencyKey: this.#key(command.key),
        };
        return told(admin, AdjustWalletDocument, { input }, ({ entry }) => {
          if (entry) this.#entries.set(command.key, entry.id);
          return 'adjusted';
        });
      }
      case 'reverse': {
        const entryId = this.#entries.get(command.key);
        if (entryId === undefined) return 'nothing';
        return told(
          admin,
          ReverseEntryDocument,
          { input: { entryId, note: 'of the model' } },
          () => 'reversed',
        );
      }
      case 'purchase':
        return this.#purchase(command, as(command.person), shown);
      case 'setProduct': {
        const { price, stock, isActive: active } = command;
        const id = at(products, command.product);
        const expectedVersion = at(shown.products, command.product).version;
        const input = { id, expectedVersion, price: gold(price), stock, active };
        return told(admin, UpdateProductDocument, { input }, ({ product }) => `version ${product?.version}`);
      }
      case 'record':
        return this.#record(command, as(command.person));
      case 'claim': {
        const completionId = this.#completions.get(
          `${command.person} ${command.quest} ${command.ordinal + 1}`,
        );
        // With a completion id, a person whose token has ended would see that error first.
        if (completionId === undefined) return 'nothing';
        return told(
          as(command.person),
          ClaimRewardDocument,
          { input: { completionId } },
          ({ alreadyClaimed }) => (alreadyClaimed ? 'claimed before' : 'claimed'),
        );
      }
      case 'archive': {
        const id = at(quests, command.quest);
        const expectedVersion = at(shown.quests, command.quest).version;
        const input = { id, expectedVersion, archived: command.isArchived };
        return told(admin, UpdateWholeQuestDocument, { input }, ({ quest }) => `version ${quest?.version}`);
      }
      case 'setRole': {
        const { role } = command;
        return told(
          admin,
          SetRoleDocument,
          { input: { userId: at(people, command.person).id, role } },
          () => role,
        );
      }
      case 'setVisibility': {
        const id = at(collections, command.collection);
        const expectedVersion = at(shown.collections, command.collection).version;
        const visibility = command.isPrivate ? 'PRIVATE' : 'PUBLIC';
        const input = { id, expectedVersion, visibility } as const;
        return told(
          as(command.person),
          UpdateCollectionDocument,
          { input },
          ({ collection }) => `version ${collection?.version}`,
        );
      }
      case 'addPost':
      case 'removePost': {
        const client = as(command.person);
        const input = { collectionId: at(collections, command.collection), postId: at(posts, command.post) };
        return command.kind === 'addPost'
          ? told(client, AddPostToCollectionDocument, { input }, () => 'changed')
          : told(client, RemovePostFromCollectionDocument, { input }, () => 'changed');
      }
      case 'deletePost':
        return told(
          as(command.person),
          DeletePostDocument,
          { input: { id: at(posts, command.post) } },
          () => 'deleted',
        );
      case 'look':
        return this.#look(as(command.person), at(collections, command.collection));
    }
  }

  /** Waits until everything is applied, and signs in again everyone whose role was changed. */
  async settle(batch: readonly Command[]): Promise<void> {
    const { site } = this.#options;
    for (const command of batch) if (command.kind === 'setRole') await this.#refresh(command.person);
    if (batch.every(({ kind }) => kind !== 'record')) return;
    const accounts = this.#cast.people.map(({ accountId }) => parseId(accountId).uuid);
    await eventually(async () => (await site.sql(waiting, accounts)).length === 0);
    await this.#readCompletions();
  }

  /** The part of the world that is visible from outside. */
  async observe(): Promise<unknown> {
    const { site } = this.#options;
    const [people, products, quests, completions] = await Promise.all([
      site.sql<{ gold: string; role: string }>(
        `select w.gold::int, a.role from account a join wallet w on w.account_id = a.id where a.id = any($1) order by array_position($1, a.id)`,
        uuidsOf(this.#cast.people.map(({ accountId }) => accountId)),
      ),
      site.sql(
        `select price_amount::int as price, stock, active as "isActive", version from product where id = any($1) order by array_position($1, id)`,
        uuidsOf(this.#cast.products),
      ),
      site.sql(
        `select archived as "isArchived", version from quest where id = any($1) order by array_position($1, id)`,
        uuidsOf(this.#cast.quests),
      ),
      site.sql(
        `select array_position($1, account_id) - 1 as person, array_position($2, quest_id) - 1 as quest, ordinal - 1 as ordinal, claimed_at is not null as "isClaimed"
         from quest_completion where account_id = any($1) order by 1, 2, 3`,
        uuidsOf(this.#cast.people.map(({ accountId }) => accountId)),
        uuidsOf(this.#cast.quests),
      ),
    ]);
    return { people, products, quests, completions };
  }

  #key(name: string): string {
    return `${this.#cast.eventType} ${name}`;
  }

  #purchase(command: Extract<Command, { kind: 'purchase' }>, client: Client, shown: Shown): Promise<string> {
    const expectedPrice = gold(at(shown.products, command.product).price + command.off);
    const productId = at(this.#cast.products, command.product);
    const input = {
      productId,
      quantity: command.quantity,
      expectedPrice,
      idempotencyKey: this.#key(command.key),
    };
    return told(client, PurchaseProductDocument, { input }, ({ purchase }) => {
      const name = `${command.person} ${command.key}`;
      const id = String(purchase?.id);
      const before = this.#purchases.get(name);
      this.#purchases.set(name, before ?? id);
      return before === undefined || before === id ? `bought ${name}` : `bought ${name} twice`;
    });
  }

  #record(command: Extract<Command, { kind: 'record' }>, client: Client): Promise<string> {
    const name = `${command.person} ${command.event}`;
    const eventId = this.#events.get(name) ?? randomUUID();
    this.#events.set(name, eventId);
    const event = {
      eventId,
      eventType: this.#cast.eventType,
      timestamp: new Date().toISOString(),
      userId: at(this.#cast.people, command.forWhom).id,
      data: { size: command.size },
    };
    return told(client, RecordEventsDocument, { input: { events: [event], applyWithin: 0 } }, ({ results }) =>
      String(results[0]?.outcome),
    );
  }

  async #look(client: Client, id: string): Promise<string> {
    const query =
      'query ($id: ID!) { viewer { id } collection(id: $id) { posts(first: 10) { nodes { id } } } }';
    const { body } = await client.post<{ collection: { posts: { nodes: { id: string }[] } } | null }>({
      query,
      variables: { id },
    });
    if (body.errors) return codesOf(body.errors).join();
    const nodes = body.data?.collection?.posts.nodes;
    return nodes === undefined
      ? 'null'
      : nodes
          .map((post) => this.#cast.posts.indexOf(post.id))
          .sort()
          .join();
  }

  async #refresh(index: number): Promise<void> {
    const person = at(this.#cast.people, index);
    const client = new Client(at(this.#options.urls, 0));
    const { accessToken, refreshToken } = await client.mutate(RefreshSessionDocument, {
      input: { refreshToken: person.refreshToken },
    });
    this.#cast.people[index] = { ...person, accessToken, refreshToken, client: client.as({ accessToken }) };
  }

  async #readCompletions(): Promise<void> {
    const { people, quests } = this.#cast;
    const rows = await this.#options.site.sql<{ id: string; person: number; quest: number; ordinal: number }>(
      `select id, array_position($1, account_id) - 1 as person, array_position($2, quest_id) - 1 as quest, ordinal
       from quest_completion where account_id = any($1) and quest_id = any($2)`,
      uuidsOf(people.map(({ accountId }) => accountId)),
      uuidsOf(quests),
    );
    this.#completions = new Map(
      rows.map(({ id, person, quest, ordinal }) => [`${person} ${quest} ${ordinal}`, toId('completion', id)]),
    );
  }
}

const waiting = `select from recorded_event
  where account_id = any($1) and event_type like 'model.%' and applied_at is null and failed_at is null`;

/** The code of the error, or a description of the payload. */
async function told<
  Payload extends { readonly userErrors: readonly UserError[] },
  R extends Record<string, Payload | null>,
  V,
>(
  client: Client,
  document: TypedDocumentNode<R, V>,
  variables: V,
  tell: (payload: NonNullable<R[keyof R]>) => string,
): Promise<string> {
  const { body } = await client.ask(document, variables);
  if (body.errors || !body.data) return codesOf(body.errors).join();
  for (const field in body.data) {
    const payload = body.data[field];
    if (!payload) continue;
    return payload.userErrors.length > 0 ? payload.userErrors.map(({ code }) => code).join() : tell(payload);
  }
  return 'no payload';
}
