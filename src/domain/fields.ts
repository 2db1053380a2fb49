import { z } from 'zod';
import { isCommonPassword } from './common-passwords.ts';
import { canonicalTimeZone, emailAddressOf, httpUrlOf } from './formats.ts';
import { currencies } from './money.ts';
import { Refusal, type UserErrorData } from './refusal.ts';

// The rules of single fields (RULES.md, "Fields"). The rules of an input are an object of them, such as
// `z.looseObject({ title, body: body.optional() })`: `.optional()` if the field may be left out but not cleared,
// `.nullish()` if null clears it. Text is trimmed and normalized to NFC; lengths are in Unicode code points.

/** An input as the API gives it. GraphQL also lets null through for an optional field; the rules refuse it. */
export type InputOf<Rules extends z.ZodType> = {
  readonly [Field in keyof z.input<Rules>]: z.input<Rules>[Field] | null;
};

/**
 * Checks an input against the rules of its fields.
 * @param at the start of the errors' paths
 * @returns the input as it is to be stored, without the keys that were left out; or a refusal with the first error of
 *   each field
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  at: readonly string[] = ['input'],
): z.output<Schema> | Refusal {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues.map((issue) => userErrorOf(issue, at));
  // A failed parse always has an issue; should there be none, the error is about the whole input.
  if (first === undefined)
    return new Refusal([{ code: 'INVALID', message: 'Is not valid.', field: [...at] }]);
  const seen = new Set([keyOf(first)]);
  return new Refusal([first, ...others.filter((error) => seen.size < seen.add(keyOf(error)).size)]);
}

function userErrorOf({ message, path }: z.core.$ZodIssue, at: readonly string[]): UserErrorData {
  return { code: 'INVALID', message, field: [...at, ...path.map(String)] };
}

function keyOf({ field }: UserErrorData): string {
  return JSON.stringify(field);
}

// ------------------------------------------------------------------------------------------------------- text

/** “deleted-” is reserved for the pseudonyms of deleted accounts. */
export const username = patterned(/^(?!deleted-)[a-z][a-z0-9_.-]{2,29}$/i, {
  must: 'Must have 3 to 30 of the letters a to z, digits, “_”, “-” and “.”, and start with a letter, not with “deleted-”.',
});
export const displayName = line({ min: 1, max: 80 });
export const title = line({ min: 1, max: 200 });
export const name = line({ min: 1, max: 200 });
export const body = lines({ min: 1, max: 50_000 });
export const description = lines({ min: 0, max: 5_000 });
export const note = line({ min: 1, max: 500 });
/** May be pasted from anywhere, so invisible text is allowed; it finds nothing. */
export const search = textThat((value) => sized(value.trim(), { min: 0, max: 200 }));
export const sku = patterned(/^[A-Za-z0-9_.-]{1,64}$/, {
  must: 'Must have 1 to 64 of the letters A to Z and a to z, digits, “-”, “_” and “.”.',
});
export const eventType = patterned(/^(?=.{3,100}$)[a-z0-9_]+(\.[a-z0-9_]+)*$/, {
  must: 'Must have 3 to 100 of the letters a to z, digits and “_”, in words joined by dots.',
});
export const metadata = z.object({
  source: line({ min: 0, max: 100 }).nullish(),
  version: line({ min: 0, max: 100 }).nullish(),
});

/** Kept unchanged, because clients compare it with their own. */
export const idempotencyKey = textThat((value) =>
  /^[ -~]{1,255}$/.test(value) ? value : { refused: 'Must have 1 to 255 printable ASCII characters.' },
);

/** Not trimmed: a space counts like any other character. */
export const password = textThat((value) => {
  const wrongLength = { refused: 'Must have 10 to 128 characters.' };
  if (value.length > 128 * mostUnits) return wrongLength;
  if (!value.isWellFormed()) return brokenUnicode;
  const normal = value.normalize('NFC');
  const length = lengthOf(normal);
  if (length < 10 || length > 128) return wrongLength;
  return isCommonPassword(normal)
    ? { refused: 'This is one of the most common passwords. Choose another.' }
    : normal;
});

// ------------------------------------------------------------------------------ what the scalars do not check

export const email = formatted(emailAddressOf, 'Must be an email address, such as ada@example.com.');
export const url = formatted(httpUrlOf, 'Must be an absolute http or https URL of at most 2,048 characters.');
export const timeZone = formatted(
  canonicalTimeZone,
  'Must be an IANA time zone name, such as Europe/Lisbon.',
);
export const instant = z.date({
  error: ({ input }) =>
    input instanceof Date
      ? 'Must be an RFC 3339 date-time with an offset, such as 2026-11-21T10:00:00Z.'
      : 'Cannot be empty.',
});

// ---------------------------------------------------------------------------------------------------- numbers

const largestInt = 2 ** 31 - 1;

export const goal = whole(1, 1_000_000);
export const quantity = whole(1, 1_000);
export const amount = whole(1, 10 ** 12);
export const stock = whole(0, largestInt);
export const maxCompletions = whole(1, largestInt);

const currency = z.enum(currencies);
/** A price, or what a reward gives. */
export const money = z.object({ currency, amount }, { error: 'Cannot be empty.' });
/** What an admin gives, or takes if it is negative. */
export const adjustment = z.object({
  currency,
  amount: numberThat(
    (value) => isWhole(value, -(10 ** 12), 10 ** 12) && value !== 0,
    'Must be a whole number from -1,000,000,000,000 to 1,000,000,000,000, but not 0.',
  ),
});

// ------------------------------------------------------------------------------------------------------- JSON

const mostBytesOfJson = 16 * 1024;
/** Matches, in JSON text, escapes that PostgreSQL cannot store: NUL and lone surrogates. */
const unstorable = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/;

/** Matches every JSON text with a number beyond 2^53 - 1: such a number has 16 digits or more, or an exponent. */
const perhapsRounded = /\d{16}|e\+/;

/** The data of an event. */
export const data = z
  .custom<Readonly<Record<string, unknown>>>((value) => typeof value === 'object' && value !== null, {
    error: 'Cannot be empty.',
    abort: true,
  })
  .superRefine((value, context) => {
    // Estimated before it is serialized: a document can repeat one variable or one object hundreds of times.
    const json = leastBytesOf(value) > mostBytesOfJson ? null : JSON.stringify(value);
    if (json === null || Buffer.byteLength(json) > mostBytesOfJson)
      refuseIn(context, 'Can have at most 16 KiB of JSON.');
    else if (unstorable.test(json)) refuseIn(context, 'Cannot contain control characters or broken Unicode.');
    else if (perhapsRounded.test(json) && hasRounded(value)) refuseIn(context, rounded);
  });
export const eventMatch = data;

const rounded =
  'Cannot contain a number beyond 9,007,199,254,740,991 (2^53 - 1): it would be rounded. Send it as a string.';

/**
 * Whether a value contains a number beyond 2^53 - 1. There, neighbouring numbers become equal, so that an event with
 * one id would count for a quest about another. Parsing has rounded the number already, but never to one within range.
 */
function hasRounded(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasRounded);
}

/** The bytes of all but small objects and arrays, so that each is measured once, however often it occurs. */
const knownBytes = new WeakMap<object, number>();
const littleBytes = 256;

/** The least number of bytes that the JSON of a value takes. Stops counting as soon as it is too much. */
function leastBytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 1;
  const known = knownBytes.get(value);
  if (known !== undefined) return known;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += leastBytesOf(item);
      if (bytes > mostBytesOfJson) break;
    }
  } else {
    for (const [key, item] of Object.entries(value)) {
      bytes += key.length + 3 + leastBytesOf(item);
      if (bytes > mostBytesOfJson) break;
    }
  }
  if (bytes > littleBytes) knownBytes.set(value, bytes);
  return bytes;
}

// ----------------------------------------------------------------------------------------------------- makers

interface Length {
  readonly min: number;
  readonly max: number;
}

/** Text without line breaks, which is shown in a line with other text: it must not change the direction of that. */
function line(length: Length) {
  return textThat((value) => {
    const text = visible(sized(value.trim(), length));
    return typeof text === 'string' && /\p{Bidi_Control}/u.test(text)
      ? { refused: 'Cannot contain characters that change the direction of text.' }
      : text;
  });
}

/** Text of several lines. All line breaks become \n. */
function lines(length: Length) {
  return textThat((value) => visible(sized(value.trim(), length, /[^\P{Cc}\n]/u)));
}

/**
 * Matches a character that is visible by itself: no space, no combining accent, nothing that is not rendered (Unicode,
 * Default_Ignorable_Code_Point), and none of the few others that are blank, such as the braille pattern without dots.
 */
const seen =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Z}\p{Mn}\p{Me}\u2800\ufff9-\ufffb\u{13430}-\u{1343f}\u{16fe4}\u{1d159}]/u;

function visible(text: string | RefusedText): string | RefusedText {
  if (typeof text !== 'string' || text === '' || seen.test(text)) return text;
  return { refused: 'Cannot consist only of invisible characters.' };
}

function patterned(pattern: RegExp, { must }: { readonly must: string }) {
  return textThat((value) => {
    const trimmed = value.trim();
    return pattern.test(trimmed) ? trimmed : { refused: must };
  });
}

/** Text of a known form. `read` returns what is to be stored, or nothing if the text does not have that form. */
function formatted(read: (value: string) => string | null | undefined, must: string) {
  return textThat((value) => read(value) ?? { refused: must });
}

interface RefusedText {
  readonly refused: string;
}

const brokenUnicode: RefusedText = { refused: 'Cannot contain broken Unicode.' };

/** The most UTF-16 code units that NFC composes into one character: four code points of two units each. */
const mostUnits = 8;

function sized(given: string, { min, max }: Length, controls = /\p{Cc}/u): string | RefusedText {
  const tooLong = { refused: `Can have at most ${max.toLocaleString('en')} characters.` };
  // Checked before the text is scanned: one long variable can be used in hundreds of places.
  if (given.length > max * mostUnits) return tooLong;
  const value = given.replace(/\r\n?/g, '\n').normalize('NFC');
  const length = lengthOf(value);
  if (length < min) return { refused: 'Cannot be empty.' };
  if (length > max) return tooLong;
  if (controls.test(value)) return { refused: 'Cannot contain control characters.' };
  return value.isWellFormed() ? value : brokenUnicode;
}

/** Counts code points without building an array of them. */
function lengthOf(value: string): number {
  let length = 0;
  for (const _ of value) length++;
  return length;
}

/** `read` returns the text as it is to be stored, or why it is refused. */
function textThat(read: (value: string) => string | RefusedText) {
  return z.string({ error: 'Cannot be empty.' }).transform((value, context) => {
    const result = read(value);
    if (typeof result === 'string') return result;
    refuseIn(context, result.refused);
    return z.NEVER;
  });
}

function refuseIn(
  context: { addIssue(issue: { code: 'custom'; message: string }): void },
  message: string,
): void {
  context.addIssue({ code: 'custom', message });
}

function whole(min: number, max: number) {
  return numberThat(
    (value) => isWhole(value, min, max),
    `Must be a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}.`,
  );
}

function numberThat(holds: (value: number) => boolean, must: string) {
  return z.number({ error: 'Cannot be empty.' }).refine(holds, { error: must });
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
