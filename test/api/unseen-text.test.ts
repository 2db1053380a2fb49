import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { newcomer } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';
import { bidiControls, invisible } from '../unseen-text.ts';

const { seed, site } = await startApp();
const admin = await seed.admin();
const money = { currency: 'GOLD', amount: 1 };
const [post, collection, product, quest, reward] = await Promise.all([
  seed.post(admin),
  seed.collection(admin),
  seed.product(),
  seed.quest(),
  seed.reward(),
]);

/** The mutation, its field, and the rest of its input. */
const lines: readonly (readonly [string, string, () => object])[] = [
  ['signUp', 'displayName', () => newcomer({})],
  ['signUp', 'username', () => newcomer({})],
  ['updateProfile', 'displayName', () => ({})],
  ['updateProfile', 'username', () => ({})],
  ['createPost', 'title', () => ({ body: 'Said.' })],
  ['updatePost', 'title', () => ({ id: post.id, expectedVersion: 1 })],
  ['createCollection', 'name', () => ({})],
  ['updateCollection', 'name', () => ({ id: collection.id, expectedVersion: 1 })],
  ['createProduct', 'name', () => ({ sku: unique('sku-'), price: money })],
  ['createProduct', 'sku', () => ({ name: 'Sword', price: money })],
  ['updateProduct', 'name', () => ({ id: product.id, expectedVersion: 1 })],
  ['createQuest', 'name', () => ({ eventType: unique('test.') })],
  ['updateQuest', 'name', () => ({ id: quest.id, expectedVersion: 1 })],
  ['createReward', 'name', () => ({ item: money })],
  ['updateReward', 'name', () => ({ id: reward.id, expectedVersion: 1 })],
  ['adjustWallet', 'note', () => ({ userId: admin.id, amount: money, idempotencyKey: unique('key') })],
];
const bodies: typeof lines = [
  ['createPost', 'body', () => ({ title: 'Said' })],
  ['updatePost', 'body', () => ({ id: post.id, expectedVersion: 1 })],
  ['createProduct', 'description', () => ({ sku: unique('sku-'), name: 'Sword', price: money })],
  ['createQuest', 'description', () => ({ name: 'Quest', eventType: unique('test.') })],
];

/** The fields that a mutation refuses as INVALID. */
async function refused(mutation: string, input: object): Promise<unknown> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code field } } }`;
  const { body } = await admin.client.post({ query, variables: { input } });
  return body.data?.[mutation] ?? body;
}

const tables = ['account', 'post', 'collection', 'product', 'quest', 'reward', 'ledger_entry'];

describe('text that nobody sees is refused, and named:', () => {
  test.each([...lines, ...bodies])('%s(%s)', async (mutation, field, rest) => {
    const before = await site.contents(...tables);
    for (const text of invisible) {
      const userErrors = [{ code: 'INVALID', field: ['input', field] }];
      expect([text, await refused(mutation, { ...rest(), [field]: text })]).toEqual([text, { userErrors }]);
    }
    expect(await site.contents(...tables)).toBe(before);
  });
});

describe('text that turns other text round is refused in one line, and named:', () => {
  test.each(lines)('%s(%s)', async (mutation, field, rest) => {
    const before = await site.contents(...tables);
    for (const control of bidiControls) {
      const userErrors = [{ code: 'INVALID', field: ['input', field] }];
      const input = { ...rest(), [field]: `abc${control}def` };
      expect([control, await refused(mutation, input)]).toEqual([control, { userErrors }]);
    }
    expect(await site.contents(...tables)).toBe(before);
  });
});
