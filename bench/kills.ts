import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bed, demoAdmin, makeBed, newcomer, type Server } from './bed.ts';
import { ask } from './graphql.ts';
import { askOnce } from './http-load.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

const people = 10;
const wealth = 1_000_000;
const price = { currency: 'GOLD', amount: 1 };
const buying = `mutation ($input: PurchaseProductInput!) {
  purchaseProduct(input: $input) { purchase { id } userErrors { code } }
}`;
const giving = `mutation ($input: AdjustWalletInput!) { adjustWallet(input: $input) { userErrors { code } } }`;
const making = `mutation ($input: CreateProductInput!) { createProduct(input: $input) { product { id } userErrors { code } } }`;

/** `npm run bench -- kills`: whether purchases are made exactly once while servers are killed. */
export async function run(args: readonly string[]): Promise<void> {
  const { purchases, kills } = wholeNumbers(args, { purchases: 500, kills: 50 });
  console.log(`${machine()}\n`);
  await using bed = await makeBed();
  const servers = [await bed.serve(), await bed.serve()];
  const [{ url }] = servers as [Server, Server];
  const admin = await demoAdmin(url);
  const variables = { input: { sku: 'BENCH', name: 'Something', price } };
  const made = await ask<{ createProduct: { product: { id: string } } }>(url, making, {
    variables,
    token: admin,
  });
  const productId = made.createProduct.product.id;
  const tokens: string[] = [];
  for (let count = 0; count < people; count++) {
    const { id, token } = await newcomer(url, `buyer${count}`);
    const input = {
      userId: id,
      amount: { ...price, amount: wealth },
      note: 'bench',
      idempotencyKey: randomUUID(),
    };
    await ask(url, giving, { variables: { input }, token: admin });
    tokens.push(token);
  }
  const before = await effects(bed);
  const killing = killInTurn(bed, servers, kills);
  // Spread over all kills, so that each of them interrupts some purchases.
  const { told, retries } = await buyAll(servers, productId, tokens, purchases, killing);
  const after = await effects(bed);
  console.log(`${kills} kills, ${told} purchases told of, ${retries} tries without an answer`);
  console.log(
    `  purchases ${after.purchases - before.purchases}, gold spent ${before.gold - after.gold}, ` +
      `entries of the ledger ${after.entries - before.entries}, their sum ${after.sum}`,
  );
  const exact =
    after.purchases - before.purchases === told && before.gold - after.gold === told && after.sum === 0;
  console.log(exact ? '  Each has its one effect.' : '  NOT EXACT.');
}

async function effects({ sql }: Bed) {
  const [row] = await sql<{ purchases: number; gold: number; entries: number; sum: number }>(
    `select (select count(*)::int from purchase) as purchases,
       (select sum(gold)::int from wallet where account_id is not null) as gold,
       (select count(*)::int from ledger_entry) as entries, (select sum(amount)::int from ledger_entry) as sum`,
  );
  if (!row) throw new Error('There are no figures.');
  return row;
}

/** Kills one server while the other serves. */
async function killInTurn(bed: Bed, servers: Server[], kills: number): Promise<void> {
  for (let killed = 0; killed < kills; killed++) {
    const at = killed % servers.length;
    const server = servers[at];
    if (!server) return;
    await delay(200 + 300 * Math.random());
    const ended = once(server.child, 'exit');
    server.child.kill('SIGKILL');
    await ended;
    servers[at] = await bed.serve(Number(new URL(server.url).port));
  }
}

async function buyAll(
  servers: readonly Server[],
  productId: string,
  tokens: readonly string[],
  purchases: number,
  killing: Promise<void>,
) {
  let told = 0;
  let retries = 0;
  let begun = 0;
  let over = false;
  void killing.then(() => {
    over = true;
  });
  const buyer = async (token: string) => {
    while (begun < purchases) {
      begun++;
      const input = { productId, expectedPrice: price, quantity: 1, idempotencyKey: randomUUID() };
      const body = JSON.stringify({ query: buying, variables: { input } });
      for (let turn = begun; ; turn++) {
        const url = servers[turn % servers.length]?.url ?? '';
        const { status, code } = await askOnce(url, body, { authorization: `Bearer ${token}` });
        if (status === 200 && code === undefined) break;
        retries++;
        await delay(20);
      }
      told++;
      // As long as servers are still being killed.
      if (!over) await delay(Math.random() * 2_000);
    }
  };
  await Promise.all([...tokens.map(buyer), killing]);
  return { told, retries };
}
