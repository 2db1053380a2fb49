import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PurchaseProductDocument } from '../generated/operations.ts';
import { Client, codesOf } from '../kit/client.ts';
import { type Person, Seed } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { present } from '../kit/unique.ts';
import { Instance } from './fleet.ts';

const buyers = 10;
const kills = 3;
const wealth = 1_000_000;

test('processes that are killed again and again lose no purchase that was told of, and make none twice', async () => {
  const site = await createSite();
  const start = () => Instance.start(site, { LOG_LEVEL: 'fatal' });
  const instances = await Promise.all([start(), start()]);
  const seed = new Seed(new Client(present(instances[0]).url), site);
  const people = await Promise.all(Array.from({ length: buyers }, () => seed.user().withGold(wealth)));
  const { id: productId } = await seed.product({ price: { currency: 'GOLD', amount: 1 } });
  let over = false;
  let retries = 0;

  /** Buys once, and repeats the request at any process until it is answered. */
  const buy = async (person: Person): Promise<string> => {
    const expectedPrice = { currency: 'GOLD', amount: 1 } as const;
    const input = { productId, expectedPrice, quantity: 1, idempotencyKey: randomUUID() };
    for (let turn = 0; ; turn++) {
      const { url } = present(instances[turn % instances.length]);
      const { body } = await new Client(url)
        .as(person)
        .ask(PurchaseProductDocument, { input })
        .catch(() => ({ body: { data: null, errors: away } }));
      if (!body.errors) return present(body.data?.purchaseProduct?.purchase?.id);
      expect(codesOf(body.errors)).toEqual(['SERVICE_UNAVAILABLE']);
      retries++;
      await delay(20);
    }
  };
  const told = people.map(async (person) => {
    const bought: string[] = [];
    while (!over) bought.push(await buy(person));
    return bought;
  });
  for (let killed = 0; killed < kills; killed++) {
    await delay(500);
    const instance = present(instances[killed % instances.length]);
    await instance.kill();
    await instance.restart();
  }
  over = true;
  const bought = await Promise.all(told);

  expect(retries).toBeGreaterThan(0);
  const rows = await site.sql<{ count: number; gold: number }>(
    `select (select count(*)::int from purchase p where p.account_id = w.account_id) as count, w.gold::int
     from wallet w where w.account_id is not null and w.gold <> 0 order by count`,
  );
  const counts = bought.map(({ length }) => length).toSorted((one, other) => one - other);
  expect(rows).toEqual(counts.map((count) => ({ count, gold: wealth - count })));
  expect(new Set(bought.flat()).size).toBe(counts.reduce((sum, count) => sum + count, 0));
  expect(await site.sql('select sum(amount)::int from ledger_entry')).toEqual([{ sum: 0 }]);
}, 180_000);

/** What a client assumes if it gets no answer. */
const away = [{ message: 'No answer', extensions: { code: 'SERVICE_UNAVAILABLE' } }];
