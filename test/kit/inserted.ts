import type { Person } from './seed.ts';
import type { Site } from './site.ts';
import { unique } from './unique.ts';

// Rows that the API cannot create yet.

/** Inserts a product and the person's purchase of it. */
export async function insertPurchase(site: Site, { username }: Pick<Person, 'username'>): Promise<void> {
  await site.sql(
    `with made as (
      insert into product (sku, name, price_currency, price_amount) values ($1, $1, 'GOLD', 5) returning id
    )
    insert into purchase (account_id, product_id, quantity, unit_price_currency, unit_price_amount)
    select account.id, made.id, 2, 'GOLD', 5 from account, made where username = $2`,
    unique('sku-'),
    username,
  );
}

/** Makes the person's latest event a dead letter, as after the last failed attempt. */
export async function insertDeadLetter(site: Site, { username }: Pick<Person, 'username'>): Promise<void> {
  await site.sql(
    `with failed as (
      select event.id from recorded_event event join account on account.id = account_id
      where username = $1 order by position desc limit 1
    )
    insert into dead_letter (recorded_event_id, error, attempts) select id, 'broken', 8 from failed`,
    username,
  );
}
