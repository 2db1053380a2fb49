import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { openLive } from '../kit/live.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp({ GOOGLE_CLIENT_ID: 'questline', GOOGLE_CLIENT_SECRET: 'plum violin harbour' });
const { seed, client } = app;
const [person, admin] = [await seed.user(), await seed.admin()];

/** Texts of the wrong form, as people mistype them: at least ten for each scalar. */
const mistyped: Readonly<Record<string, readonly string[]>> = {
  EmailAddress: [
    '',
    ' ',
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'a b@example.com',
    'ada@example.com\n',
  ]
    .concat(['ada@@example.com', 'ada@example..com', 'ädä@example.com', 'ada@example.com, b@example.com'])
    .concat([`${'a'.repeat(65)}@example.com`, 'x'.repeat(50_000)]),
  URL: [
    '',
    'example.com',
    'www.example.com/a.png',
    '//example.com',
    'ftp://example.com',
    'javascript:alert(1)',
  ]
    .concat([
      'https:example.com',
      'https://',
      'https://exa mple.com',
      ' https://example.com',
      'data:text/html,x',
    ])
    .concat([`https://example.com/${'a'.repeat(2_029)}`, 'https://example.com\\@evil.example', '#']),
  TimeZone: [
    '',
    'Lisbon',
    'Europe/Lissabon',
    '+01:00',
    'UTC+1',
    'GMT+5',
    'pst',
    'Europe',
    ' Europe/Lisbon',
    'CET?',
  ].concat(['Europe/Lisbon\u0000', '../../etc/passwd', 'localtime', 'Z', `Europe/${'a'.repeat(50_000)}`]),
  DateTime: [
    '',
    'tomorrow',
    '2026-11-21',
    '21.11.2026',
    '11/21/2026',
    '2026-11-21T10:00:00',
    '2026-11-21 10:00:00Z',
  ]
    .concat([
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-11-21T25:00:00Z',
      '1763719200',
      '0',
      'now()',
    ])
    .concat(['-271821-04-20T00:00:00Z', `2026-11-21T10:00:00.${'1'.repeat(50_000)}`]),
};

interface Place {
  /** The rest of the input; another field may be wrong as well, and must be reported too. */
  readonly input: () => Readonly<Record<string, unknown>>;
  readonly alsoWrong: readonly [field: string, value: unknown] | null;
  readonly by: Client;
}

const nothing = 'quest_00000000000000000000000000';
const price = { currency: 'GOLD', amount: 1 };

/** By field of Mutation. */
const places: Readonly<Record<string, Place>> = {
  signUp: {
    input: () => ({ email: 'ada@example.com', username: unique('u'), password: 'plum violin harbour' }),
    alsoWrong: ['username', '1'],
    by: client,
  },
  updateProfile: { input: () => ({}), alsoWrong: ['displayName', ' '], by: person.client },
  linkProvider: {
    input: () => ({ provider: 'google' }),
    alsoWrong: ['provider', 'nobody'],
    by: person.client,
  },
  createQuest: { input: () => ({ name: 'Q', eventType: 'a.b' }), alsoWrong: ['goal', 0], by: admin.client },
  updateQuest: {
    input: () => ({ id: nothing, expectedVersion: 1 }),
    alsoWrong: ['name', ' '],
    by: admin.client,
  },
  createProduct: { input: () => ({ sku: 'S', name: 'P', price }), alsoWrong: ['name', ''], by: admin.client },
  updateProduct: {
    input: () => ({ id: nothing.replace('quest', 'product'), expectedVersion: 1 }),
    alsoWrong: ['sku', '!'],
    by: admin.client,
  },
};

/** Every place in the schema for something that a person types, such as `signUp.email`. */
const found = placesInSchema();

test('nothing that a person types stands anywhere but in the input of a mutation, and all of it is tried here', () => {
  expect(found.elsewhere).toEqual([]);
  const tried = [...new Set(found.inMutations.map(({ mutation }) => mutation))].sort();
  expect(tried).toEqual([...Object.keys(places), 'recordEvents'].sort());
});

describe.each(found.inMutations.filter(({ mutation }) => mutation !== 'recordEvents'))(
  '$mutation($field: $scalar)',
  ({ mutation, field, scalar }) => {
    const place = places[mutation];
    if (place === undefined) throw new Error(`Nothing is known of ${mutation}.`);

    test.each(['as variables over HTTP', 'in the document over WebSocket'])('%s', async (way) => {
      const run = way.includes('HTTP') ? byVariables : byLiterals(place.by);
      for (const text of mistyped[scalar] ?? []) {
        const alone = await run(place.by, mutation, { ...place.input(), [field]: text });
        expect([text, alone]).toEqual([text, [`INVALID input.${field}`]]);
      }
      if (place.alsoWrong === null) return;
      const [other, value] = place.alsoWrong;
      const both = await run(place.by, mutation, { ...place.input(), [field]: 'x y', [other]: value });
      expect(both.sort()).toEqual([`INVALID input.${field}`, `INVALID input.${other}`].sort());
    });

    test.each([7, true, {}, ['x']])('%j is no text at all: that is the client’s mistake', async (value) => {
      const answer = await byVariables(place.by, mutation, { ...place.input(), [field]: value });
      expect(answer).toEqual(['BAD_USER_INPUT']);
    });
  },
);

test('a mistyped time of one event rejects that event alone', async () => {
  const { eventType } = await seed.quest({ selfReported: true });
  const bad = mistyped.DateTime ?? [];
  const timestamps = [...bad, new Date().toISOString()];
  const events = timestamps.map((timestamp) => ({ eventId: randomUUID(), eventType, timestamp }));
  const { body } = await person.client.post<{ recordEvents: { results: readonly Result[] } }>({
    query: `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { results { outcome message } } }`,
    variables: { input: { events } },
  });
  expect(body.errors).toBeUndefined();
  expect(body.data?.recordEvents.results).toEqual([
    ...bad.map(() => ({
      outcome: 'REJECTED',
      message: expect.stringMatching(/^timestamp: Must be an RFC 3339/),
    })),
    { outcome: 'ACCEPTED', message: null },
  ]);
});

test.each(['node(id: "user_x")', 'posts(after: "x") ', 'post(id: "x")'])(
  'a malformed id or cursor is the client’s mistake: %s',
  async (field) => {
    const { body } = await client.post({ query: `{ ${field} { __typename } }` });
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT']);
  },
);

interface Result {
  readonly outcome: string;
  readonly message: string | null;
}

type Run = (by: Client, mutation: string, input: object) => Promise<string[]>;

const byVariables: Run = async (by, mutation, input) => {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code field } } }`;
  return told((await by.post<Payloads>({ query, variables: { input } })).body);
};

function byLiterals(by: Client): Run {
  const live = openLive(by);
  return async (_, mutation, input) => {
    const query = `mutation { ${mutation}(input: ${literalOf(input)}) { userErrors { code field } } }`;
    return told({ data: await live.run<Payloads, Record<string, never>>(parse(query)) });
  };
}

/** A value as a literal in a document; text in capitals is an enum value. */
function literalOf(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' && /^[A-Z]{3,}$/.test(value) ? value : JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${literalOf(item)}`)
    .join(', ')} }`;
}

type Payloads = Readonly<Record<string, { readonly userErrors: readonly UserError[] } | null>>;

interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
}

/** The code of each error; for user errors, with the field. */
function told({ data, errors }: { data?: Payloads | null; errors?: readonly Problem[] }): string[] {
  if (errors !== undefined) return errors.map(({ extensions }) => String(extensions?.code));
  return Object.values(data ?? {}).flatMap(
    (payload) => payload?.userErrors.map(({ code, field }) => `${code} ${field?.join('.')}`) ?? [],
  );
}

interface Problem {
  readonly extensions?: { readonly code?: unknown };
}

function placesInSchema() {
  const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
  const inMutations: { mutation: string; field: string; scalar: string }[] = [];
  const elsewhere: string[] = [];
  const isTyped = (type: unknown) => isScalarType(type) && type.name in mistyped;
  const walk = (type: unknown, at: readonly string[]) => {
    if (isScalarType(type) && isTyped(type)) {
      const [root = '', mutation = '', , ...field] = at;
      if (root === 'Mutation') inMutations.push({ mutation, field: field.join('.'), scalar: type.name });
      else elsewhere.push(at.join('.'));
    }
    if (!isInputObjectType(type)) return;
    for (const field of Object.values(type.getFields())) walk(getNamedType(field.type), [...at, field.name]);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      for (const argument of field.args) {
        walk(getNamedType(argument.type), [type.name, field.name, argument.name]);
      }
    }
  }
  return { inMutations, elsewhere };
}
