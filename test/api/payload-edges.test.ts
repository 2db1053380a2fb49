import { expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';

const { seed, site } = await startApp();

async function run(client: Client, query: string, variables: object = {}): Promise<Data> {
  const { body } = await client.post<Data>({ query, variables });
  expect(body.errors).toBeUndefined();
  if (!body.data) throw new Error('There is no data.');
  return body.data;
}

/** At the second level is an edge, or a list of edges. */
type Data = Record<string, Record<string, unknown>>;
const edge = '{ cursor node { id } }';
const gold = { currency: 'GOLD', amount: 5 };

test('what a mutation makes comes as the edge that its list has of it', async () => {
  const [admin, person] = [await seed.admin(), await seed.user().withGold(100)];
  const key = unique('key');
  const product = await seed.product({ price: { currency: 'GOLD', amount: 5 } });
  const made: [who: Client, mutation: string, type: string, input: object, field: string, list: string][] = [
    [person.client, 'createPost', 'CreatePostInput', { title: 'T', body: 'B' }, 'postEdge', 'posts'],
    [
      person.client,
      'createCollection',
      'CreateCollectionInput',
      { name: 'C' },
      'collectionEdge',
      'collections',
    ],
    [
      person.client,
      'purchaseProduct',
      'PurchaseProductInput',
      { productId: product.id, expectedPrice: gold, idempotencyKey: key },
      'purchaseEdge',
      'viewer.purchases',
    ],
    [admin.client, 'createReward', 'CreateRewardInput', { name: 'R', item: gold }, 'rewardEdge', 'rewards'],
    [
      admin.client,
      'createProduct',
      'CreateProductInput',
      { sku: unique('SKU').toUpperCase(), name: 'P', price: gold },
      'productEdge',
      'products',
    ],
    [admin.client, 'createQuest', 'CreateQuestInput', { name: 'Q', eventType: 'a.b' }, 'questEdge', 'quests'],
    [
      admin.client,
      'adjustWallet',
      'AdjustWalletInput',
      { userId: admin.id, amount: gold, note: 'N', idempotencyKey: key },
      'entryEdge',
      'viewer.wallet.entries',
    ],
  ];
  for (const [client, mutation, type, input, field, list] of made) {
    const data = await run(
      client,
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${field} ${edge} userErrors { message } } }`,
      { input },
    );
    const [first] = await edgesOf(client, list);
    expect([mutation, data[mutation]?.[field], data[mutation]?.userErrors]).toEqual([mutation, first, []]);
    const before = await edgesOf(client, list, `before: "${cursorOf(first)}"`);
    expect([mutation, before]).toEqual([mutation, []]);
  }
});

test('a refused one has none, and a claim has those of all its entries', async () => {
  const person = await seed.user();
  const refused = await run(
    person.client,
    'mutation { createPost(input: { title: "", body: "B" }) { postEdge { cursor } userErrors { code } } }',
  );
  expect(refused.createPost).toEqual({ postEdge: null, userErrors: [{ code: 'INVALID' }] });
  const rewards = [
    { rewardId: (await seed.reward({ currency: 'GOLD', amount: 3 })).id },
    { rewardId: (await seed.reward({ currency: 'DIAMOND', amount: 1 })).id },
  ];
  const quest = await seed.quest({ rewards });
  await seed.event(person, quest.eventType);
  await site.settled();
  const { viewer } = await run(person.client, '{ viewer { completions { nodes { id } } } }');
  const [completionId] = JSON.stringify(viewer).match(/completion_\w+/) ?? [];
  const claim = `mutation ($input: ClaimRewardInput!) { claimReward(input: $input) { entryEdges ${edge} } }`;
  const { claimReward } = await run(person.client, claim, { input: { completionId } });
  expect(claimReward?.entryEdges).toEqual(await edgesOf(person.client, 'viewer.wallet.entries'));
});

/** The edges of the list at the end of a path. */
async function edgesOf(client: Client, path: string, args = 'first: 2'): Promise<unknown[]> {
  const fields = path.split('.');
  const query = fields.reduceRight(
    (inner, field, index) => `{ ${field}${index === fields.length - 1 ? `(${args})` : ''} ${inner} }`,
    `{ edges ${edge} }`,
  );
  let found: unknown = await run(client, query);
  for (const field of [...fields, 'edges']) found = Object(found)[field];
  return Array.isArray(found) ? found : [];
}

function cursorOf(found: unknown): string {
  return Object(found).cursor;
}
