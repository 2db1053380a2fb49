import { randomUUID } from 'node:crypto';
import type { Attack, Target } from './attack.ts';
import { again, outcomeOf, post, rest } from './http.ts';
import { attackers, lateEventType, lateUser, paidQuest, productSku } from './names.ts';

const hour = 3_600_000;

/** Batch × history: each late event makes the whole history be replayed. */
export const lateEvents: Attack = {
  summary: '200 late events of a person with 50,000, several times',
  seconds: 8,
  async prepare({ signIn }) {
    return { tokens: [await signIn(lateUser)] };
  },
  run: (target) =>
    again(target, 1, async () => {
      const events = Array.from({ length: 200 }, () => ({
        eventId: randomUUID(),
        eventType: lateEventType,
        timestamp: new Date(Date.now() - (1 + Math.random() * 40) * hour).toISOString(),
      }));
      const query =
        'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }';
      const body = JSON.stringify({ query, variables: { events } });
      const answer = await post(target, body, { token: target.prey.tokens?.[0] });
      await rest(target.signal, 500);
      return `${outcomeOf(answer)} ${/"outcome":"(\w+)"/.exec(answer.beginning)?.[1] ?? ''}`;
    }),
};

/** Locks and changes a wallet in one statement, under a constraint. */
export const emptyWallet: Attack = {
  summary: 'rewards paid beside purchases from an empty wallet',
  async prepare({ signIn, sql }) {
    await sql.query(
      `insert into quest_completion (quest_id, account_id, ordinal, run_length, gold, event_ids)
       select quest.id, account.id, coalesce((select max(ordinal) from quest_completion where account_id = account.id), 0) + number, 1, 10, '{}'
       from quest, account, generate_series(1, 500) as number where quest.name = $1 and username = any($2)`,
      [paidQuest, attackers],
    );
    return { tokens: await Promise.all(attackers.map(signIn)) };
  },
  async run(target) {
    const product = await ask(target, `{ product(sku: "${productSku}") { id } }`);
    const [productId = ''] = idsIn(product);
    await Promise.all((target.prey.tokens ?? []).map((token) => spend(target, token, productId)));
  },
};

async function spend(target: Target, token: string, productId: string): Promise<void> {
  let claimable: string[] = [];
  await again(target, 1, async () => {
    if (claimable.length === 0) {
      const query = '{ viewer { completions(status: CLAIMABLE, first: 100) { nodes { id } } } }';
      claimable = idsIn(await ask(target, query, token));
    }
    const completionId = claimable.pop();
    if (completionId === undefined) throw new Error('nothing is left to claim');
    const claim = `mutation { claimReward(input: { completionId: "${completionId}" }) { userErrors { code } } }`;
    const answers = await Promise.all([ask(target, claim, token), ask(target, purchaseOf(productId), token)]);
    // Spends what is left, so that the wallet is empty again.
    answers.push(await ask(target, purchaseOf(productId), token));
    for (const answer of answers) target.tally.add(/"code":"(\w+)"/.exec(answer)?.[1] ?? 'done');
    return undefined;
  });
}

function purchaseOf(productId: string): string {
  return `mutation { purchaseProduct(input: { productId: "${productId}", expectedPrice: { currency: GOLD, amount: 10 }, idempotencyKey: "${randomUUID()}" }) { userErrors { code } } }`;
}

async function ask(target: Target, query: string, token?: string): Promise<string> {
  return (await post(target, JSON.stringify({ query }), { token })).beginning;
}

function idsIn(text: string): string[] {
  return [...text.matchAll(/"id":"(\w+)"/g)].map(([, id = '']) => id);
}
