import { expect, test } from 'vitest';
import { z } from 'zod';
import * as field from '../../src/domain/fields.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { bidiControls, invisible } from '../unseen-text.ts';

const { displayName, title, name, body, description, note, search } = field;
const fields = { displayName, title, name, body, description, note, search };

/** The value as it would be stored, or the message of the user error. */
function read(schema: z.ZodType, value: unknown): unknown {
  const result = field.check(z.object({ it: schema }), { it: value });
  return result instanceof Refusal ? { refused: result.errors[0]?.message } : result.it;
}

test.each(Object.entries(fields))('%s is not of invisible characters alone', (name, schema) => {
  for (const text of invisible) {
    const expected =
      name === 'search' ? text.trim() : { refused: 'Cannot consist only of invisible characters.' };
    expect(read(schema, text), JSON.stringify(text)).toEqual(expected);
    expect(read(schema, `a${text}b`)).toBe(`a${text}b`.normalize('NFC'));
  }
  for (const text of ['.', '–', '´', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨\u200d👩\u200d👧', '❤\ufe0f', '한', 'م', '۝', '\ue000', '￼'])
    expect(read(schema, text), JSON.stringify(text)).toBe(text);
});

test.each(Object.entries(fields))('%s, where it is one line, does not turn others round', (name, schema) => {
  const isLine = !['body', 'description', 'search'].includes(name);
  for (const control of bidiControls) {
    const text = `user ${control}gpj.exe`;
    const message = 'Cannot contain characters that change the direction of text.';
    expect(read(schema, text), JSON.stringify(text)).toEqual(isLine ? { refused: message } : text);
  }
  // Right-to-left letters need no control characters.
  for (const text of ['שלום 123', 'مرحبا (عالم)', 'ܫܠܡܐ', 'ߒߞߏ']) expect(read(schema, text)).toBe(text);
});
