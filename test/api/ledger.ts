import { expect } from 'vitest';
import type { Site } from '../kit/site.ts';

/** Checks the whole ledger against its rules: every sum, every balance, every cause. */
export async function expectSoundLedger(site: Site): Promise<void> {
  const wrong = {
    sums: await site.sql('select currency from ledger_entry group by currency having sum(amount) <> 0'),
    balances: await site.sql(
      `select w.id from wallet w left join ledger_entry e on e.wallet_id = w.id where w.account_id is not null
       group by w.id having w.gold <> coalesce(sum(amount) filter (where currency = 'GOLD'), 0)
         or w.diamond <> coalesce(sum(amount) filter (where currency = 'DIAMOND'), 0)`,
    ),
    runningBalances: await site.sql(
      `select id from (
         select id, balance_after, sum(amount) over (partition by wallet_id, currency order by position) as sum
         from ledger_entry where balance_after is not null
       ) as running where sum <> balance_after`,
    ),
    unpaidPurchases: await site.sql(
      `select p.id from purchase p left join ledger_entry e on e.purchase_id = p.id and e.wallet_id = p.account_id
       where e.amount is distinct from -p.total_amount or e.currency <> p.unit_price_currency`,
    ),
    unpaidClaims: await site.sql(
      `select c.id from quest_completion c
       left join ledger_entry e on e.completion_id = c.id and e.wallet_id = c.account_id and e.currency = 'GOLD'
       where (c.claimed_at is not null and c.gold > 0) <> (e.id is not null) or e.amount <> c.gold`,
    ),
  };
  expect(wrong).toEqual({
    sums: [],
    balances: [],
    runningBalances: [],
    unpaidPurchases: [],
    unpaidClaims: [],
  });
}
