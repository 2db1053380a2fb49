import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ProductOrder,
  ProductPageDocument,
  type ProductPageQueryVariables,
  ProductsDocument,
  SearchProductsDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { statements } from '../kit/statements.ts';
import { unique } from '../kit/unique.ts';
import { shelf } from './product-inputs.ts';

const app = await startApp();
const { client, seed, site } = app;
let admin: Client;
beforeAll(async () => {
  admin = (await seed.boss()).client;
});

type Asked = ProductPageQueryVariables;

const pageOf = async (asked: Asked, who = client) => (await who.run(ProductPageDocument, asked)).products;
const skusOf = async (asked: Asked, who = client) => (await pageOf(asked, who)).nodes.map(({ sku }) => sku);
const gold = (amount: number) => ({ currency: 'GOLD', amount }) as const;
const diamonds = (amount: number) => ({ currency: 'DIAMOND', amount }) as const;

describe('products', () => {
  test('shows what is for sale, the newest first', async () => {
    const skus = [];
    for (let count = 0; count < 3; count++) skus.push((await seed.product()).sku);
    await seed.product({ active: false });
    expect((await skusOf({ first: 3 })).reverse()).toEqual(skus);
    const { products } = await client.run(ProductsDocument, { first: 3 });
    expect(products.nodes.map(({ sku }) => sku).reverse()).toEqual(skus);
  });

  test('filters by currency and price, both bounds included', async () => {
    const { word, skus } = await shelf(
      seed,
      { price: gold(10) },
      { price: gold(20) },
      { price: gold(30) },
      { price: diamonds(20) },
    );
    const [ten, twenty, thirty, diamond] = skus;
    const found = (filter: Asked['filter']) =>
      skusOf({ search: word, filter, orderBy: { field: 'CREATED_AT' } });
    for (const [filter, expected] of [
      [null, skus],
      [{}, skus],
      [{ currency: null, minPrice: null, maxPrice: null, inStock: null, active: null }, skus],
      [{ currency: 'GOLD' }, [ten, twenty, thirty]],
      [{ currency: 'DIAMOND' }, [diamond]],
      [{ currency: 'GOLD', minPrice: 20 }, [twenty, thirty]],
      [{ currency: 'GOLD', minPrice: 21 }, [thirty]],
      [{ currency: 'GOLD', maxPrice: 20 }, [ten, twenty]],
      [{ currency: 'GOLD', maxPrice: 19 }, [ten]],
      [{ currency: 'GOLD', minPrice: 20, maxPrice: 20 }, [twenty]],
      [{ currency: 'GOLD', minPrice: 30, maxPrice: 10 }, []],
      [{ currency: 'GOLD', minPrice: -5, maxPrice: Number.MAX_SAFE_INTEGER }, [ten, twenty, thirty]],
      [{ currency: 'DIAMOND', minPrice: 21 }, []],
    ] satisfies [Asked['filter'], unknown][]) {
      expect([filter, await found(filter)]).toEqual([filter, expected]);
    }
  });

  test('compares prices of one currency alone', async () => {
    for (const asked of [
      { filter: { minPrice: 1 } },
      { filter: { maxPrice: 0 } },
      { filter: { minPrice: 1, maxPrice: 2, currency: null } },
      { orderBy: { field: 'PRICE' } },
      { orderBy: { field: 'PRICE' }, filter: {} },
      { orderBy: { field: 'PRICE', direction: 'DESC' }, search: 'mug' },
    ] satisfies Asked[]) {
      expect([asked, await client.fails(ProductPageDocument, asked)]).toEqual([asked, ['BAD_USER_INPUT']]);
    }
  });

  test('filters by what is left', async () => {
    const { word, skus } = await shelf(seed, { stock: null }, { stock: 1 }, { stock: 0 });
    const found = (inStock?: boolean | null) =>
      skusOf({ search: word, filter: { inStock }, orderBy: { field: 'CREATED_AT' } });
    expect(await found(true)).toEqual(skus.slice(0, 2));
    expect(await found(false)).toEqual(skus.slice(2));
    expect(await found(null)).toEqual(skus);
    expect(await found()).toEqual(skus);
  });

  test('shows what is not for sale to admins who ask for it, and to nobody else', async () => {
    const { word, skus } = await shelf(seed, { active: true }, { active: false }, { active: false });
    const [user, service] = await Promise.all([seed.user(), seed.service()]);
    for (const who of [client, user.client, service.client, admin]) {
      for (const active of [undefined, null, true]) {
        const page = await pageOf({ search: word, filter: { active } }, who);
        expect([page.totalCount, page.nodes.map(({ sku }) => sku)]).toEqual([1, skus.slice(0, 1)]);
      }
    }
    for (const who of [client, user.client, service.client]) {
      for (const search of [word, undefined]) {
        const asked = { search, filter: { active: false } };
        expect(await who.fails(ProductPageDocument, asked)).toEqual(['FORBIDDEN']);
      }
    }
    const orderBy = { field: 'CREATED_AT' } as const;
    expect(await skusOf({ search: word, filter: { active: false }, orderBy }, admin)).toEqual(skus.slice(1));
    const { nodes } = await pageOf({ filter: { active: false }, first: 100 }, admin);
    expect(nodes.map(({ active }) => active)).not.toContain(true);
  });

  test('counts what the filters leave, on every page', async () => {
    const { word } = await shelf(
      seed,
      ...Array.from({ length: 5 }, (_, index) => ({ price: gold(index + 1) })),
      {
        price: diamonds(1),
      },
    );
    const asked = { search: word, filter: { currency: 'GOLD', minPrice: 2 } } as const;
    const first = await pageOf({ ...asked, first: 2 });
    expect(first.totalCount).toBe(4);
    expect((await pageOf({ ...asked, first: 2, after: first.pageInfo.endCursor })).totalCount).toBe(4);
    expect((await pageOf({ ...asked, first: 0 })).totalCount).toBe(4);
  });

  test('sends the same statements for one row and for fifty', async () => {
    const { word } = await shelf(seed, ...Array.from({ length: 50 }, () => ({})));
    await site.settled();
    for (const asked of [{}, { search: word }] satisfies Asked[]) {
      const one = await statements(app, () => pageOf({ ...asked, first: 1 }));
      const fifty = await statements(app, () => pageOf({ ...asked, first: 50 }));
      expect(Object.values(one)).toEqual([1, 1]);
      expect(fifty).toEqual(one);
    }
    const bare = await statements(app, () =>
      client.post({ query: '{ products(first: 50) { nodes { id price { amount } } } }' }),
    );
    expect(Object.values(bare)).toEqual([1]);
  });
});

describe('the search of products', () => {
  const found = async (search: string) =>
    (await client.run(SearchProductsDocument, { search, first: 100 })).products.nodes.map(({ sku }) => sku);

  test('finds all the words, in any order and place, without case, by their beginnings', async () => {
    const [brass, garden] = [unique('brass'), unique('garden')];
    const lamp = await seed.product({ name: `A ${brass} lantern`, description: `for the ${garden} path` });
    const pot = await seed.product({ name: `A ${brass} pot` });
    for (const [search, expected] of [
      [brass, [pot.sku, lamp.sku]],
      [brass.toUpperCase(), [pot.sku, lamp.sku]],
      [brass.slice(0, -2), [pot.sku, lamp.sku]],
      [brass.slice(1), []],
      [`lantern ${brass}`, [lamp.sku]],
      [`${garden} ${brass}`, [lamp.sku]],
      [` ${brass},  ${garden}! `, [lamp.sku]],
      [`${brass} ${garden} pot`, []],
      [`lant ${garden.slice(0, -3)}`, [lamp.sku]],
      [lamp.sku, [lamp.sku]],
      [lamp.sku.toLowerCase().slice(0, -3), [lamp.sku]],
      [unique('nothing'), []],
    ] satisfies [string, string[]][]) {
      expect([search, (await found(search)).toSorted()]).toEqual([search, expected.toSorted()]);
    }
  });

  test('knows letters beyond ASCII, in either normal form', async () => {
    const word = unique('Käsekuchen');
    const { sku } = await seed.product({ name: `Ein ${word}` });
    expect(await found(word.normalize('NFD'))).toEqual([sku]);
    expect(await found(word.toUpperCase())).toEqual([sku]);
  });

  test('takes every sign as a sign, and no operator', async () => {
    const word = unique('sign');
    const { sku } = await seed.product({ name: `${word} o'clock` });
    for (const signs of ["'", '"', '&', '|', '!', ':*', '<->', '(', ')', '\\', '%', '_', '--', '$', "o'c"]) {
      expect([signs, await found(`${word} ${signs}`)]).toEqual([signs, [sku]]);
    }
    expect(await found(`${word} | nothing`)).toEqual([]);
    expect(await found('!!! & |')).toEqual([]);
  });

  test('is none where nothing is searched for', async () => {
    await seed.product();
    const all = await skusOf({ first: 100 });
    for (const search of [null, '', '   ', '\t\n']) expect(await skusOf({ search, first: 100 })).toEqual(all);
  });

  test('can be 200 characters long', async () => {
    expect(await found('🦊'.repeat(200))).toEqual([]);
    for (const search of ['x'.repeat(201), 'a\u0000b', 'a\u0007b', 'a\ud800']) {
      expect(await client.fails(SearchProductsDocument, { search })).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('answers whatever is typed', async () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 220 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'ab\'\\:*&|!<>()-./@?= "%_'), maxLength: 60 }),
      fc.webUrl(),
      fc.emailAddress(),
    );
    await fc.assert(
      fc.asyncProperty(typed, async (search) => {
        const codes = await client.fails(SearchProductsDocument, { search });
        expect(codes.filter((code) => code !== 'BAD_USER_INPUT')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  test('puts the best match first, whatever direction is asked for, and goes by it unless told', async () => {
    const word = unique('best');
    const [worst, best, middle] = [
      await seed.product({ description: `once ${word}` }),
      await seed.product({ name: `${word} ${word}`, description: `${word} ${word}` }),
      await seed.product({ name: `A ${word}` }),
    ].map(({ sku }) => sku);
    const asked = { search: word };
    const byRelevance = [best, middle, worst];
    expect(await skusOf(asked)).toEqual(byRelevance);
    expect(await skusOf({ ...asked, orderBy: null })).toEqual(byRelevance);
    for (const direction of [undefined, 'ASC', 'DESC'] as const) {
      const orderBy: ProductOrder = direction ? { field: 'RELEVANCE', direction } : { field: 'RELEVANCE' };
      expect(await skusOf({ ...asked, orderBy })).toEqual(byRelevance);
    }
    expect(await skusOf({ ...asked, orderBy: { field: 'CREATED_AT' } })).toEqual([worst, best, middle]);
  });

  test('is what RELEVANCE goes with', async () => {
    for (const search of [undefined, null, ' ']) {
      const asked: Asked = { search, orderBy: { field: 'RELEVANCE' } };
      expect(await client.fails(ProductPageDocument, asked)).toEqual(['BAD_USER_INPUT']);
    }
  });
});
