import { beforeAll, describe, expect, test } from 'vitest';
import {
  CollectionDocument,
  CollectionsDocument,
  ContentOfUserDocument,
  CreateCollectionDocument,
  type CreateCollectionInput,
  DeleteCollectionDocument,
  NodeDocument,
  UpdateCollectionDocument,
  type UpdateCollectionInput,
  WholeCollectionDocument,
  WholePostByIdDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { contentsOf, noCollection, noPost, notificationsOf } from './content.ts';

const { client: nobody, seed, site } = await startApp();

let owner: Person;
let other: Person;
let admin: Person;
let service: Person;
beforeAll(async () => {
  [owner, other, admin, service] = await Promise.all([
    seed.user(),
    seed.user(),
    seed.admin(),
    seed.service(),
  ]);
});

const noVersion = { expectedVersion: 1 };
const collectionOf = async (id: string, who: Person = owner) =>
  (await who.client.run(WholeCollectionDocument, { id })).collection;
const contents = () => contentsOf(site);
const eventsOf = async (type: string, { id }: { readonly id: string }) => {
  await site.settled();
  return site.sql<{ data: object }>(
    `select data from recorded_event where event_type = $1 and data ->> 'collectionId' = $2 order by position`,
    type,
    id,
  );
};

describe('createCollection', () => {
  const create = async (input: CreateCollectionInput, who = owner) =>
    (await who.client.mutate(CreateCollectionDocument, { input })).collection;

  test('makes a public one where nothing else is said, which everyone sees', async () => {
    const name = unique('Collection ');
    const made = await create({ name: ` ${name} e\u0301\n` });
    const whole = await collectionOf(made.id);
    expect(whole).toEqual({
      id: expect.stringMatching(/^collection_[0-9a-z]{26}$/),
      name: `${name} \u00e9`,
      visibility: 'PUBLIC',
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: whole?.createdAt,
      owner: { id: owner.id },
      posts: { totalCount: 0, nodes: [] },
    });
    expect(made).toMatchObject({ id: whole?.id, name: whole?.name, owner: { username: owner.username } });
    for (const who of [nobody, other.client, admin.client]) {
      expect(await who.run(WholeCollectionDocument, { id: made.id })).toEqual({ collection: whole });
      expect((await who.run(NodeDocument, { id: made.id })).node).toMatchObject({ __typename: 'Collection' });
      expect((await who.run(CollectionsDocument, { first: 1 })).collections.nodes[0]?.id).toBe(made.id);
    }
    expect(await eventsOf('collection.created', made)).toEqual([{ data: { collectionId: made.id } }]);
  });

  test('makes a private one, which its owner and admins see', async () => {
    const made = await create({ name: 'Mine', visibility: 'PRIVATE' });
    expect(made.visibility).toBe('PRIVATE');
    const whole = await collectionOf(made.id);
    expect(whole).toMatchObject({ name: 'Mine', visibility: 'PRIVATE' });
    expect(await collectionOf(made.id, admin)).toEqual(whole);
    for (const who of [nobody, other.client, service.client])
      expect(await who.run(WholeCollectionDocument, { id: made.id })).toEqual({ collection: null });
  });

  test('is for everyone who is signed in', async () => {
    for (const who of [owner, admin, service])
      expect((await create({ name: 'x' }, who)).owner.id).toBe(who.id);
    const before = await contents();
    expect(await nobody.fails(CreateCollectionDocument, { input: { name: 'x' } })).toEqual([
      'UNAUTHENTICATED',
    ]);
    expect(await contents()).toBe(before);
  });

  test('refuses a bad name, and makes nothing', async () => {
    expect((await create({ name: '🎲'.repeat(200) })).name).toBe('🎲'.repeat(200));
    const before = await contents();
    for (const name of ['', ' \t', 'x'.repeat(201), 'a\nb', 'a\u0000b', 'a\ud800b']) {
      const refused = await owner.client.refused(CreateCollectionDocument, { input: { name } });
      expect([name, refused]).toEqual([name, [['INVALID', 'input.name']]]);
    }
    for (const given of [
      { name: null },
      { visibility: null },
      { visibility: 'SECRET' },
      { ownerId: other.id },
    ]) {
      const variables = { input: { name: 'Name', ...given } };
      const query =
        'mutation($input: CreateCollectionInput!) { createCollection(input: $input) { collection { id } } }';
      const { body } = await owner.client.post({ query, variables });
      const codes = body.errors?.map(({ extensions }) => extensions?.code);
      expect([given, codes]).toEqual([given, ['BAD_USER_INPUT']]);
    }
    expect(await contents()).toBe(before);
  });
});

describe('updateCollection', () => {
  const change = async (who: Person, input: UpdateCollectionInput) =>
    (await who.client.mutate(UpdateCollectionDocument, { input })).collection;
  const refusal = (input: UpdateCollectionInput) => owner.client.refused(UpdateCollectionDocument, { input });

  test('changes what is given, and nothing else, and counts the versions', async () => {
    const { id } = await seed.collection(owner);
    let last = present(await collectionOf(id));
    for (const [changes, shown = changes] of [
      [{}],
      [{ name: ' New name ' }, { name: 'New name' }],
      [{ visibility: 'PRIVATE' }],
      [{ name: 'Renamed while private' }],
      [{ visibility: 'PUBLIC', name: 'Both' }],
    ] satisfies [Partial<UpdateCollectionInput>, object?][]) {
      const changed = await change(owner, { id, expectedVersion: last.version, ...changes });
      const next = present(await collectionOf(id));
      expect(next).toEqual({ ...last, ...shown, version: last.version + 1, updatedAt: next.updatedAt });
      expect(changed).toMatchObject({ id, ...shown, version: next.version, updatedAt: next.updatedAt });
      last = next;
    }
  });

  test('decides who sees it, from then on', async () => {
    const { id } = await seed.collection(owner);
    const seenBy = async () => {
      const answers = await Promise.all(
        [nobody, other.client, service.client, owner.client, admin.client].map(async (who) => {
          const { collections } = await who.run(CollectionsDocument, { ownerId: owner.id, first: 100 });
          const byId = (await who.run(CollectionDocument, { id })).collection !== null;
          return [byId, collections.nodes.some((node) => node.id === id)];
        }),
      );
      return answers.map(([byId, listed]) => (byId === listed ? byId : 'neither seen nor hidden'));
    };
    expect(await seenBy()).toEqual([true, true, true, true, true]);
    await change(owner, { id, expectedVersion: 1, visibility: 'PRIVATE' });
    expect(await seenBy()).toEqual([false, false, false, true, true]);
    await change(owner, { id, expectedVersion: 2, visibility: 'PUBLIC' });
    expect(await seenBy()).toEqual([true, true, true, true, true]);
  });

  test('is for its owner and admins', async () => {
    const open = await seed.collection(owner);
    const before = await contents();
    const input = { id: open.id, ...noVersion, name: 'Taken over' };
    for (const who of [other, service])
      expect(await who.client.fails(UpdateCollectionDocument, { input })).toEqual(['FORBIDDEN']);
    expect(await nobody.fails(UpdateCollectionDocument, { input })).toEqual(['UNAUTHENTICATED']);
    expect(await contents()).toBe(before);
  });

  test('tells the owner of what an admin changed, of a private one too', async () => {
    const person = await seed.user();
    const { id } = await seed.collection(person, { name: 'Before', visibility: 'PRIVATE' });
    await change(person, { id, ...noVersion, name: 'Mine' });
    expect(await notificationsOf(person)).toEqual([]);
    const changed = await change(admin, { id, expectedVersion: 2, name: 'After' });
    expect(changed).toMatchObject({ name: 'After', visibility: 'PRIVATE', version: 3 });
    expect((await collectionOf(id, person))?.owner.id).toBe(person.id);
    expect(await notificationsOf(person)).toMatchObject([
      {
        kind: 'SYSTEM',
        title: 'Collection changed',
        body: 'An admin changed your collection “Mine”.',
        subject: { __typename: 'Collection', id },
      },
    ]);
  });

  test('refuses what breaks a rule, and changes nothing', async () => {
    const { id } = await seed.collection(owner);
    const target = { id, ...noVersion };
    const before = await contents();
    for (const [input, expected] of [
      [{ ...target, name: null }, ['INVALID', 'input.name']],
      [{ ...target, visibility: null }, ['INVALID', 'input.visibility']],
      [{ ...target, name: ' ' }, ['INVALID', 'input.name']],
      [{ ...target, name: 'x'.repeat(201) }, ['INVALID', 'input.name']],
      [{ ...target, name: 'a\nb' }, ['INVALID', 'input.name']],
      [{ ...target, id: noCollection }, ['NOT_FOUND', 'input.id']],
      [{ ...target, id: noPost }, ['NOT_FOUND', 'input.id']],
      [{ ...target, expectedVersion: 0 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...target, expectedVersion: 2 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
    ] satisfies [UpdateCollectionInput, [string, string]][]) {
      expect([input, await refusal(input)]).toEqual([input, [expected]]);
    }
    expect(
      await owner.client.fails(UpdateCollectionDocument, { input: { ...target, id: 'collection_' } }),
    ).toEqual(['BAD_USER_INPUT']);
    expect(await contents()).toBe(before);
  });

  test('of two changes of one version at once one wins, and of fifty', async () => {
    for (const count of [2, 50]) {
      const { id } = await seed.collection(owner);
      const results = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          refusal({ id, ...noVersion, name: `Name ${index}`, visibility: 'PRIVATE' }),
        ),
      );
      const winners = results.flatMap((errors, index) => (errors.length === 0 ? [`Name ${index}`] : []));
      expect(winners).toHaveLength(1);
      expect(results.flat()).toEqual(
        Array.from({ length: count - 1 }, () => ['VERSION_CONFLICT', 'input.expectedVersion']),
      );
      expect(await collectionOf(id)).toMatchObject({ name: winners[0], version: 2 });
    }
  });
});

describe('deleteCollection', () => {
  const remove = (who: Person, id: string) => who.client.mutate(DeleteCollectionDocument, { input: { id } });

  test('takes it from everywhere; its posts stay', async () => {
    const [gone, left] = [await seed.collection(owner), await seed.collection(owner)];
    const post = await seed.post(other);
    await seed.collect(owner, gone, post);
    await seed.collect(owner, left, post);
    expect(await remove(owner, gone.id)).toEqual({ deletedCollectionId: gone.id, userErrors: [] });
    for (const who of [nobody, owner.client, admin.client]) {
      expect(await who.run(CollectionDocument, { id: gone.id })).toEqual({ collection: null });
      expect(await who.run(NodeDocument, { id: gone.id })).toEqual({ node: null });
      const { user } = await who.run(ContentOfUserDocument, { username: owner.username, first: 100 });
      expect(user?.collections.nodes.map(({ id }) => id)).toContain(left.id);
      expect(user?.collections.nodes.map(({ id }) => id)).not.toContain(gone.id);
      expect((await who.run(WholePostByIdDocument, { id: post.id })).post).toMatchObject({ id: post.id });
    }
    const again = await owner.client.refused(DeleteCollectionDocument, { input: { id: gone.id } });
    expect(again).toEqual([['NOT_FOUND', 'input.id']]);
  });

  test('is for its owner and admins', async () => {
    const { id } = await seed.collection(owner);
    const before = await contents();
    for (const who of [other, service])
      expect(await who.client.fails(DeleteCollectionDocument, { input: { id } })).toEqual(['FORBIDDEN']);
    expect(await nobody.fails(DeleteCollectionDocument, { input: { id } })).toEqual(['UNAUTHENTICATED']);
    for (const unknown of [noCollection, noPost])
      expect(await owner.client.refused(DeleteCollectionDocument, { input: { id: unknown } })).toEqual([
        ['NOT_FOUND', 'input.id'],
      ]);
    expect(await contents()).toBe(before);
  });

  test('tells the owner where an admin did it', async () => {
    const person = await seed.user();
    const [own, hidden] = [
      await seed.collection(person),
      await seed.collection(person, { visibility: 'PRIVATE', name: 'Not nice' }),
    ];
    await remove(person, own.id);
    expect(await notificationsOf(person)).toEqual([]);
    await remove(admin, hidden.id);
    expect(await notificationsOf(person)).toMatchObject([
      {
        kind: 'SYSTEM',
        title: 'Collection deleted',
        body: 'An admin deleted your collection “Not nice”.',
        subject: null,
      },
    ]);
  });
});
