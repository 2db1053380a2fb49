import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isCommonPassword } from '../../src/domain/common-passwords.ts';
import * as field from '../../src/domain/fields.ts';
import { Refusal } from '../../src/domain/refusal.ts';

/** The value as it would be stored, or the message of the user error. */
function read(schema: z.ZodType, value: unknown): unknown {
  const result = field.check(z.object({ it: schema }), { it: value });
  if (!(result instanceof Refusal)) return result.it;
  expect(result.errors).toEqual([{ code: 'INVALID', message: expect.any(String), field: ['input', 'it'] }]);
  return { refused: result.errors[0]?.message };
}

const refused = { refused: expect.stringMatching(/^[A-Z].*\.$/) };

// -------------------------------------------------------------------------------------------------------- check

test('a refusal names the first mistake of each field, by its path in the input', () => {
  const schema = z.object({
    title: field.title,
    rewards: z.array(z.object({ quantity: field.quantity })),
    price: field.money,
  });
  const input = {
    title: ' ',
    rewards: [{ quantity: 1 }, { quantity: 0 }],
    price: { currency: 'GOLD', amount: 0.5 },
  };
  const result = field.check(schema, input);
  expect(result).toBeInstanceOf(Refusal);
  expect(result).toEqual(
    expect.objectContaining({
      errors: [
        { code: 'INVALID', message: 'Cannot be empty.', field: ['input', 'title'] },
        {
          code: 'INVALID',
          message: 'Must be a whole number from 1 to 1,000.',
          field: ['input', 'rewards', '1', 'quantity'],
        },
        {
          code: 'INVALID',
          message: 'Must be a whole number from 1 to 1,000,000,000,000.',
          field: ['input', 'price', 'amount'],
        },
      ],
    }),
  );
});

test('two mistakes of one field are told once', () => {
  const schema = z.object({ goal: field.goal.refine((goal) => goal > 2, { error: 'Is too low.' }) });
  const result = field.check(schema, { goal: 0 });
  expect(result instanceof Refusal && result.errors.length).toBe(1);
});

test('paths can begin elsewhere', () => {
  const result = field.check(z.object({ search: field.search }), { search: 'x'.repeat(201) }, []);
  expect(result instanceof Refusal && result.errors[0]?.field).toEqual(['search']);
});

class UpdateInput {
  title?: string | null;
  description?: string | null;
  goal?: number | null;
  maxCompletions?: number | null;
  expectedVersion?: number;
}

const updateSchema = z.looseObject({
  title: field.title.optional(),
  description: field.description.optional(),
  goal: field.goal.optional(),
  maxCompletions: field.maxCompletions.nullish(),
});

test('what is left out stays out, and null clears only what may be null', () => {
  const input = Object.assign(new UpdateInput(), {
    title: ' New ',
    maxCompletions: null,
    expectedVersion: 3,
  });
  const result = field.check(updateSchema, input);
  expect(Object.entries(result)).toEqual([
    ['title', 'New'],
    ['maxCompletions', null],
    ['expectedVersion', 3],
  ]);
  expect(Object.keys(field.check(updateSchema, new UpdateInput()))).toEqual([]);

  const cleared = field.check(updateSchema, { title: null, goal: null, description: null });
  expect(cleared instanceof Refusal && cleared.errors).toEqual(
    ['title', 'description', 'goal'].map((name) => ({
      code: 'INVALID',
      message: 'Cannot be empty.',
      field: ['input', name],
    })),
  );
});

// --------------------------------------------------------------------------------------------------------- text

const lengths: readonly (readonly [string, z.ZodType, number, number])[] = [
  ['displayName', field.displayName, 1, 80],
  ['title', field.title, 1, 200],
  ['name', field.name, 1, 200],
  ['body', field.body, 1, 50_000],
  ['description', field.description, 0, 5_000],
  ['note', field.note, 1, 500],
  ['search', field.search, 0, 200],
];

test.each(lengths)('%s has its length in characters as people count them', (_, schema, min, max) => {
  for (const letter of ['a', 'ß', '漢', '🎲']) {
    expect(read(schema, letter.repeat(max))).toBe(letter.repeat(max));
    expect(read(schema, letter.repeat(max + 1))).toEqual(refused);
  }
  for (const empty of ['', ' ', '\n \u00a0\u3000\ufeff']) {
    expect(read(schema, empty)).toEqual(min === 0 ? '' : { refused: 'Cannot be empty.' });
  }
  // Surrounding spaces do not count, and what NFC composes counts once.
  expect(read(schema, `  ${'e\u0301'.repeat(max)}  `)).toBe('\u00e9'.repeat(max));
});

test.each(lengths)('%s has no control characters', (name, schema) => {
  for (const code of [
    ...Array(32).keys(),
    ...Array(33)
      .keys()
      .map((offset) => 0x7f + offset),
  ]) {
    const character = String.fromCharCode(code);
    const isBreak = character === '\n' || character === '\r';
    if (isBreak && (name === 'body' || name === 'description'))
      expect(read(schema, `a${character}b`)).toBe('a\nb');
    else expect(read(schema, `a${character}b`)).toEqual({ refused: 'Cannot contain control characters.' });
  }
  expect(read(schema, 'a\ud800b')).toEqual({ refused: 'Cannot contain broken Unicode.' });
  expect(read(schema, '👩\u200d👩\u200d👧 مرحبا x')).toBe('👩\u200d👩\u200d👧 مرحبا x');
});

test('bodies keep their lines, in one spelling', () => {
  expect(read(field.body, '\r\n one\r\n\r\ntwo\rthree\nfour \n')).toBe('one\n\ntwo\nthree\nfour');
});

test('text that was taken is taken again as it is', () => {
  const schemas = [field.title, field.body, field.description];
  fc.assert(
    fc.property(fc.constantFrom(...schemas), fc.string({ unit: 'binary', maxLength: 60 }), (schema, text) => {
      const once = read(schema, text);
      if (typeof once === 'string') expect(read(schema, once)).toBe(once);
    }),
  );
});

test('a username is 3 to 30 of its characters and starts with a letter', () => {
  for (const name of ['abc', 'a.b-c_1', 'Ada', 'deleted', 'deleted_a', 'not-deleted-a', 'z'.repeat(30)])
    expect(read(field.username, name)).toBe(name);
  expect(read(field.username, ' ada ')).toBe('ada');
  for (const name of [
    '',
    'ab',
    'z'.repeat(31),
    '1ab',
    '_ab',
    '-ab',
    '.ab',
    'a b',
    'adä',
    'ſab',
    'a@b.c',
    'ab\n',
    'a\nb',
    'deleted-',
    'DELETED-abc',
    ' deleted-7k ',
  ]) {
    expect(read(field.username, name), name).toEqual(refused);
  }
});

test('a sku is 1 to 64 of its characters', () => {
  for (const sku of ['a', 'SWORD-1.0_b', 'X'.repeat(64)]) expect(read(field.sku, sku)).toBe(sku);
  for (const sku of ['', 'X'.repeat(65), 'a b', 'a/b', 'ä', 'a\tb'])
    expect(read(field.sku, sku), sku).toEqual(refused);
});

test('an event type is words joined by dots', () => {
  for (const type of ['abc', 'user.signed_in', 'a.b', '1.2.3', 'a'.repeat(100)]) {
    expect(read(field.eventType, type)).toBe(type);
  }
  for (const type of [
    '',
    'ab',
    'a'.repeat(101),
    'User.in',
    'user..in',
    '.user',
    'user.',
    'user-in',
    'user in',
    'üser.in',
  ]) {
    expect(read(field.eventType, type), type).toEqual(refused);
  }
});

test('an idempotency key is 1 to 255 printable ASCII characters, kept as they are', () => {
  for (const key of [' ', '~', ' key ', 'k'.repeat(255)]) expect(read(field.idempotencyKey, key)).toBe(key);
  for (const key of ['', 'k'.repeat(256), 'ké', 'a\nb', 'a\n', 'a\u007f']) {
    expect(read(field.idempotencyKey, key)).toEqual(refused);
  }
});

test('metadata is two short texts', () => {
  const metadata = { source: ' ios ', version: '1.0' };
  expect(read(field.metadata, metadata)).toEqual({ source: 'ios', version: '1.0' });
  expect(read(field.metadata, { source: null })).toEqual({ source: null });
  const result = field.check(field.metadata, { source: 'x'.repeat(101), version: 'x'.repeat(100) });
  expect(result instanceof Refusal && result.errors.map((error) => error.field)).toEqual([
    ['input', 'source'],
  ]);
});

// ---------------------------------------------------------------------------------------------------- passwords

test('a password has 10 to 128 characters and is none of the most common', () => {
  for (const password of ['Tr0ub4dor&3x', ' ten spaces ', '🎲'.repeat(10), 'aB3$'.repeat(32)]) {
    expect(read(field.password, password)).toBe(password);
  }
  for (const password of ['', 'short-one', '🎲'.repeat(9), 'aB3$'.repeat(32).concat('x')]) {
    expect(read(field.password, password)).toEqual({ refused: 'Must have 10 to 128 characters.' });
  }
  for (const password of [
    '1234567890',
    'password123',
    'PassWord1234',
    'QWERTYUIOP',
    '0000000000',
    'iloveyou123',
  ]) {
    expect(read(field.password, password), password).toEqual({
      refused: 'This is one of the most common passwords. Choose another.',
    });
  }
  expect(read(field.password, 'e\u0301'.repeat(10))).toBe('\u00e9'.repeat(10));
});

test('the common passwords are words of the list, no parts of them', () => {
  expect(isCommonPassword('qwertyuiop')).toBe(true);
  for (const password of ['', '`', 'qwertyuiop qwertyuiop', 'wertyuiop', 'copyright']) {
    expect(isCommonPassword(password)).toBe(false);
  }
});

// ------------------------------------------------------------------------------------------------------ numbers

test.each([
  ['goal', field.goal, 1, 1_000_000],
  ['quantity', field.quantity, 1, 1_000],
  ['amount', field.amount, 1, 10 ** 12],
  ['stock', field.stock, 0, 2 ** 31 - 1],
  ['maxCompletions', field.maxCompletions, 1, 2 ** 31 - 1],
] as const)('%s is a whole number within its bounds', (_, schema, min, max) => {
  for (const value of [min, min + 1, max]) expect(read(schema, value)).toBe(value);
  for (const value of [
    min - 1,
    max + 1,
    min + 0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    String(min),
    null,
  ]) {
    expect(read(schema, value)).toEqual(refused);
  }
});

test('an adjustment is an amount that is given or taken', () => {
  for (const amount of [1, -1, 10 ** 12, -(10 ** 12)]) {
    expect(read(field.adjustment, { currency: 'GOLD', amount })).toEqual({ currency: 'GOLD', amount });
  }
  for (const amount of [0, -0, 0.5, 10 ** 12 + 1, -(10 ** 12) - 1]) {
    const result = field.check(field.adjustment, { currency: 'GOLD', amount });
    expect(result instanceof Refusal && result.errors[0]?.field).toEqual(['input', 'amount']);
  }
});

// --------------------------------------------------------------------------------------------------------- JSON

test('data has at most 16 KiB as JSON, in bytes', () => {
  const sized = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
  expect(read(field.data, sized(16_384))).toEqual(sized(16_384));
  expect(read(field.data, sized(16_385))).toEqual({ refused: 'Can have at most 16 KiB of JSON.' });
  expect(read(field.data, { a: 'ä'.repeat(8_188) })).toEqual({ a: 'ä'.repeat(8_188) });
  expect(read(field.data, { a: 'ä'.repeat(8_189) })).toEqual(refused);
  expect(read(field.data, null)).toEqual({ refused: 'Cannot be empty.' });
  expect(read(field.data.nullish(), null)).toBeNull();
  expect(read(field.eventMatch, {})).toEqual({});
});

test('data holds nothing that PostgreSQL cannot store', () => {
  for (const value of [
    { a: 'x\0' },
    { a: ['\0'] },
    { '\0': 1 },
    { a: '\ud800' },
    { a: 'x\\\0' },
    { a: '\udc00\\' },
  ]) {
    expect(read(field.data, value)).toEqual({
      refused: 'Cannot contain control characters or broken Unicode.',
    });
  }
  for (const value of [{ a: '\\u0000' }, { a: '\\\\ud800' }, { a: '\u0001\n\t' }, { a: '🎲' }]) {
    expect(read(field.data, value)).toEqual(value);
  }
});
