import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { body, check, description, displayName, name, sku, title, username } from '../src/domain/fields.ts';
import { Refusal } from '../src/domain/refusal.ts';
import { demoPassword, demoPeople } from '../src/seed/demo-data.ts';
import { orderOf } from './api/shop.ts';
import {
  ClaimRewardDocument,
  ProductPageDocument,
  PurchaseProductDocument,
  SearchProductsDocument,
  UpdateProductDocument,
  ViewerDocument,
} from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import { eventually } from './kit/eventually.ts';
import { createSite, type Site } from './kit/site.ts';
import { present } from './kit/unique.ts';

const demo = { SEED_DEMO: 'true' };
const app = await startApp(demo);
const { client, seed, site } = app;

const allProducts = async () => {
  const { products } = await client.run(ProductPageDocument, { first: 100 });
  return products;
};
const countOf = async ({ sql }: Site, table: string, where = 'true') => {
  const [row] = await sql<{ count: number }>(`select count(*)::int as count from ${table} where ${where}`);
  return row?.count;
};
const pictures = async ({ sql }: Site) =>
  (await sql<{ url: string }>('select image_url as url from product order by sku')).map(({ url }) => url);

describe('the demo data', () => {
  test('has 40 products, 22 people, 300 posts and 30 collections', async () => {
    const { totalCount, nodes } = await allProducts();
    expect([totalCount, nodes.length]).toEqual([40, 40]);
    expect(await countOf(site, 'account')).toBe(22);
    expect(await countOf(site, 'wallet', 'account_id is not null')).toBe(22);
    expect(await countOf(site, 'post')).toBe(300);
    expect(await countOf(site, 'collection', `visibility = 'PUBLIC'`)).toBe(22);
    expect(await countOf(site, 'collection', `visibility = 'PRIVATE'`)).toBe(8);
    expect(await countOf(site, 'quest')).toBeGreaterThan(10);
  });

  test('lets everybody in it sign in with the one password', async () => {
    const people = await site.sql<{ username: string; email: string }>('select username, email from account');
    for (const person of people) {
      const { client: theirs } = await seed.signIn({ ...person, password: demoPassword });
      expect((await theirs.run(ViewerDocument)).viewer?.user.username).toBe(person.username);
    }
    for (const { username: login, role } of demoPeople) {
      const [row] = await site.sql<{ role: string }>('select role from account where username = $1', login);
      expect(row?.role).toBe(role);
    }
  });

  test('lets the demo user buy something for what the first sign-in pays', async () => {
    const user = present(demoPeople.find(({ role }) => role === 'USER'));
    const person = await seed.signIn({ ...user, password: demoPassword });
    await site.settled();
    const asked = { filter: { currency: 'GOLD' }, orderBy: { field: 'PRICE' }, first: 1 } as const;
    const [cheapest] = (await client.run(ProductPageDocument, asked)).products.nodes;
    const input = orderOf(present(cheapest));
    expect((await person.client.mutate(PurchaseProductDocument, { input })).purchase.quantity).toBe(1);
  });

  test('keeps the rules of all fields', async () => {
    const columns = [
      ['account', 'username', username],
      ['account', 'display_name', displayName],
      ['product', 'sku', sku],
      ['product', 'name', name],
      ['product', 'description', description],
      ['post', 'title', title],
      ['post', 'body', body],
      ['collection', 'name', name],
    ] as const;
    for (const [table, column, rule] of columns) {
      const rows = await site.sql<{ text: string }>(`select ${column} as text from ${table}`);
      for (const { text } of rows) {
        expect(text).not.toMatch(/lorem|ipsum|undefined|\[object/i);
        expect([column, check(rule, text) instanceof Refusal ? 'refused' : check(rule, text)]).toEqual([
          column,
          text,
        ]);
      }
    }
  });

  test('is varied: every post has its own text, every author writes on each topic', async () => {
    expect(await countOf(site, '(select distinct body from post)')).toBe(300);
    expect(await countOf(site, '(select distinct title from post)')).toBeGreaterThan(150);
    expect(await site.sql('select from post group by author_id having count(*) <> 15')).toEqual([]);
    const held = await site.sql(
      'select from collection c left join collection_post on id = collection_id group by c.id having count(post_id) < 10',
    );
    expect(held).toEqual([]);
    expect(await countOf(site, 'post', 'created_at > now() or updated_at > now()')).toBe(0);
    expect(await countOf(site, 'collection_post', 'added_at > now()')).toBe(0);
    expect(
      await countOf(
        site,
        'post join account on account.id = author_id',
        'post.created_at < account.created_at',
      ),
    ).toBe(0);
  });

  test('can be searched', async () => {
    const { products } = await client.run(SearchProductsDocument, { search: 'lantern' });
    expect(products.nodes.map(({ sku }) => sku).toSorted()).toEqual(['LANTERN-CAMP', 'LANTERN-PAPER']);
  });

  test('is the same in every database, but for ids and times', async () => {
    const other = await createSite();
    await startApp(demo, other);
    const contents = ({ sql }: Site) =>
      Promise.all([
        sql(`select username, email, display_name, time_zone, role from account order by username`),
        sql(
          `select sku, name, description, price_amount, price_currency, stock, active from product order by sku`,
        ),
        sql(
          `select username, title, body from post join account on account.id = author_id order by username, body`,
        ),
        sql(`select username, c.name, visibility, title, body from collection c join account a on a.id = owner_id
          join collection_post on collection_id = c.id join post on post.id = post_id order by c.name, added_at, body`),
      ]);
    expect(await contents(other)).toEqual(await contents(site));
  });
});

describe('the pictures of products', () => {
  test('are served by the server itself, for good', async () => {
    const urls = await pictures(site);
    expect(new Set(urls).size).toBe(40);
    const seen = new Set<string>();
    for (const url of urls) {
      expect(url).toMatch(new RegExp(`^${app.url}/pictures/[A-Z-]+\\.svg$`));
      const response = await fetch(url);
      expect([url, response.status]).toEqual([url, 200]);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/svg+xml; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      });
      const svg = await response.text();
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>$/s);
      expect(svg).not.toMatch(/undefined|NaN|<script|href/);
      seen.add(svg);
    }
    expect(seen.size).toBe(40);
  });

  test('are no others', async () => {
    for (const path of [
      'NONE.svg',
      'MUG-FOREST',
      'mug-forest.svg',
      '../package.json',
      '%2e%2e/package.json',
      '',
    ]) {
      expect([path, (await fetch(`${app.url}/pictures/${path}`)).status]).toEqual([path, 404]);
    }
  });

  test('lead to PUBLIC_URL where there is one', async () => {
    const other = await createSite();
    await startApp({ ...demo, PUBLIC_URL: 'https://shop.example.com/' }, other);
    for (const url of await pictures(other))
      expect(url).toMatch(/^https:\/\/shop\.example\.com\/pictures\/[A-Z-]+\.svg$/);
  });

  test('lead to the server that was started last, but for those that an admin has changed', async () => {
    const own = await createSite();
    const first = await startApp(demo, own);
    expect(first.seeded).toBe(true);
    const admin = await first.seed.boss();
    const { nodes } = (await first.client.run(ProductPageDocument, { first: 1 })).products;
    const imageUrl = 'https://example.com/pictures/mine.svg';
    const input = { id: present(nodes[0]).id, expectedVersion: 1, imageUrl };
    await admin.client.mutate(UpdateProductDocument, { input });
    await first.close();
    const second = await startApp(demo, own);
    expect(second.seeded).toBe(false);
    const urls = await pictures(own);
    expect(urls.filter((url) => url.startsWith(`${second.url}/pictures/`))).toHaveLength(39);
    expect(urls).toContain(imageUrl);
    expect(await countOf(own, 'product', 'version > 1')).toBe(1);
  });
});

describe('the seed', () => {
  test('is done once, by however many processes that start at once', async () => {
    const own = await createSite();
    const apps = await Promise.all([startApp(demo, own), startApp(demo, own), startApp(demo, own)]);
    expect(apps.map(({ seeded }) => seeded).toSorted()).toEqual([false, false, true]);
    expect(await countOf(own, 'account')).toBe(22);
    expect(await countOf(own, 'product')).toBe(40);
  });

  test('is whole or not at all', async () => {
    const own = await createSite();
    await own.sql(`create function fail() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
    await own.sql(
      'create trigger fail before insert on collection_post for each statement execute function fail()',
    );
    await expect(startApp(demo, own)).rejects.toThrow();
    for (const table of ['account', 'quest', 'reward', 'product', 'post', 'collection']) {
      expect([table, await countOf(own, table)]).toEqual([table, 0]);
    }
  });

  test('keeps the server from being ready until it is done', async () => {
    const own = await createSite();
    const holder = await (await own.database()).connect();
    await holder.query(`select pg_advisory_lock(hashtextextended('questline.seed', 0))`);
    const port = await freePort();
    const starting = startApp({ ...demo, PORT: String(port) }, own);
    const ready = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      return [response.status, await response.json()];
    };
    const states = { database: 'ok', redis: 'ok' };
    await eventually(async () => {
      expect(await ready()).toEqual([503, { status: 'unavailable', ...states, demoData: 'unavailable' }]);
    });
    await holder.end();
    expect((await starting).seeded).toBe(true);
    expect(await ready()).toEqual([200, { status: 'ok', ...states, demoData: 'ok' }]);
  });

  test('is left out where it is not wanted', async () => {
    const own = await createSite();
    const { seeded } = await startApp({}, own);
    expect([seeded, await countOf(own, 'account'), await countOf(own, 'product')]).toEqual([false, 0, 0]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

interface Standing {
  readonly completions: {
    readonly nodes: readonly { readonly id: string; readonly quest: { name: string } }[];
  };
  readonly questProgress: {
    readonly nodes: readonly {
      readonly quest: { name: string };
      readonly count: number;
      readonly goal: number;
    }[];
  };
}

test('a new account has something to claim at once, and a streak that has begun', async () => {
  const person = await seed.user();
  const query = `{ viewer { completions(status: CLAIMABLE) { nodes { id quest { name } } }
    questProgress { nodes { quest { name } count goal } } } }`;
  const streak = { quest: { name: 'Three days in a row' }, count: 1, goal: 3 };
  const [completion] = await eventually(async () => {
    const { body } = await person.client.post<{ viewer: Standing }>({ query });
    const { completions, questProgress } = present(body.data?.viewer);
    expect(questProgress.nodes).toContainEqual(streak);
    expect(completions.nodes.map(({ quest }) => quest.name)).toEqual(['A first step']);
    return completions.nodes;
  });
  const input = { completionId: present(completion).id };
  expect((await person.client.mutate(ClaimRewardDocument, { input })).entries).toHaveLength(1);
});
