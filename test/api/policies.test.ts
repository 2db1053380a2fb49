import { readFileSync } from 'node:fs';
import { buildSchema, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { enforcePolicies } from '../../src/schema/policy.ts';
import { BelongingsDocument, DeadLettersDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { insertDeadLetter } from '../kit/inserted.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';
import { type Call, callsOf, type Rule, type Things } from './root-calls.ts';

const { client, seed, site } = await startApp();

const roles = ['nobody', 'USER', 'SERVICE', 'ADMIN'] as const;
type Who = (typeof roles)[number];

const calls = callsOf(() => things);

/** Everything that a root field could change, except when a person was last seen. */
const tables = [
  'account',
  'refresh_token',
  'quest',
  'reward',
  'recorded_event',
  'dead_letter',
  'quest_completion',
  'ledger_entry',
  'wallet',
  'notification',
  'live_event',
  'idempotency_key',
  'product',
  'purchase',
  'post',
  'collection',
  'collection_post',
];

let people: Readonly<Record<Exclude<Who, 'nobody'>, Person>>;
let things: Things;

beforeAll(async () => {
  const [USER, SERVICE, ADMIN] = await Promise.all([seed.user().withGold(1), seed.service(), seed.admin()]);
  people = { USER, SERVICE, ADMIN };
  const quest = await seed.quest({ selfReported: true });
  await seed.event(USER, quest.eventType);
  await site.settled();
  await insertDeadLetter(site, USER);
  const account = present((await USER.client.run(BelongingsDocument)).viewer);
  const { deadLetters } = await ADMIN.client.run(DeadLettersDocument);
  things = {
    user: USER,
    quest,
    reward: await seed.reward(),
    completionId: present(account.completions.nodes[0]).id,
    entryId: present(account.wallet.entries.nodes[0]).id,
    deadLetterId: present(deadLetters.nodes[0]).id,
    victim: await seed.user(),
    product: await seed.product(),
    collectionId: (await seed.collection(USER)).id,
  };
  await site.settled();
});

const clientOf = (who: Who): Client => (who === 'nobody' ? client : people[who].client);

function denialOf(rule: Rule, who: Who): string | undefined {
  if (rule === 'PUBLIC') return undefined;
  if (who === 'nobody') return 'UNAUTHENTICATED';
  return rule === 'SIGNED_IN' || who === rule ? undefined : 'FORBIDDEN';
}

/** The answer to the call over HTTP. */
async function post(who: Client, [, query, variables]: Call) {
  const { body } = await who.post({ query, variables: variables?.() });
  return body;
}

/** The error codes of the call over a WebSocket. */
async function failsLive(who: Client, [, query, variables]: Call): Promise<string[]> {
  const live = openLive(who);
  const stream = await live.events(parse(query), variables?.());
  const codes = await stream.fails();
  await live.close();
  return codes;
}

describe('every root field has a rule', () => {
  test('and a call in the table above', () => {
    const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((root) =>
      Object.keys(present(root).getFields()).map((field) => `${root?.name}.${field}`),
    );
    expect(Object.keys(calls).sort()).toEqual(fields.sort());
  });

  test('and one without is refused before anything is served', () => {
    const schema = buildSchema(
      'type Query { open: Int } type Mutation { done: Int } type Subscription { on: Int }',
    );
    expect(() => enforcePolicies(schema)).toThrow(/Query\.open, Mutation\.done, Subscription\.on/);
  });

  test('which stands before a subscription too', () => {
    const schema = buildSchema('type Query { open: Int } type Subscription { on: Int }');
    const [open, on] = [schema.getQueryType(), schema.getSubscriptionType()].map(
      (root) => Object.values(present(root).getFields())[0],
    );
    Object.assign(present(open), { extensions: { policy: 'PUBLIC' } });
    Object.assign(present(on), { extensions: { policy: ['ADMIN'] }, subscribe: () => 'events' });
    enforcePolicies(schema);
    const listen = (role: string) =>
      Reflect.apply(present(on?.subscribe), on, [null, {}, { viewer: { role } }]);
    expect(() => listen('USER')).toThrow('Your role does not allow this.');
    expect(listen('ADMIN')).toBe('events');
  });
});

describe.each(Object.keys(calls))('%s', (field) => {
  const call = present(calls[field]);
  const [rule] = call;
  const isLive = field.startsWith('Subscription.');
  const denied = roles.filter((who) => denialOf(rule, who));
  const admitted = roles.filter((who) => !denialOf(rule, who));

  if (denied.length > 0)
    test(`is denied to ${denied.join(', ')}, and changes nothing`, async () => {
      await site.settled();
      const before = await site.contents(...tables);
      for (const who of denied) {
        const code = denialOf(rule, who);
        expect([who, await failsLive(clientOf(who), call)]).toEqual([who, [code]]);
        if (isLive) continue;
        const { data, errors } = await post(clientOf(who), call);
        expect([who, codesOf(errors)]).toEqual([who, [code]]);
        expect(Object.values(data ?? {})).not.toContainEqual(expect.anything());
      }
      expect(await site.contents(...tables)).toBe(before);
    });

  test(`is open to ${admitted.join(', ')}`, async () => {
    for (const who of admitted) {
      if (isLive) {
        await admitsLive(clientOf(who), call);
        continue;
      }
      const { data, errors } = await post(clientOf(who), call);
      expect([who, errors]).toEqual([who, undefined]);
      expect(Object.keys(data ?? {})).toEqual([field.split('.')[1]]);
    }
  });
});

/** A refusal arrives at once; a viewer who is admitted is still listening after a whole query has been answered. */
async function admitsLive(who: Client, [, query, variables]: Call): Promise<void> {
  const live = openLive(who);
  const stream = await live.events(parse(query), { ...variables?.() });
  await live.events(parse('{ viewer { id } }'), {}).then((answer) => answer.next());
  stream.stop();
  await stream.ended();
  await live.close();
}
