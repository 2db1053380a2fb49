import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Dice } from './dice.ts';

/** Known existing ids and names, so that some requests get past "not found". */
export interface Known {
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
  readonly liveCursors: readonly string[];
  readonly words: readonly string[];
}

/** Any JSON, plus values that JSON cannot express. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const hostileTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\u0007',
  '\u001b[31m',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\ufffe\uffff',
  '\u202eabc',
  '\u200b\u200d\u2060',
  'é'.normalize('NFD'),
  '𝒳'.repeat(50),
  '%',
  '_',
  '\\',
  "'",
  "' or 1=1 --",
  '"}',
  '{{',
  '$1',
  '__proto__',
  'constructor',
  'null',
  'x'.repeat(5_000),
  '<script>',
  '() => 1',
  '& | ! :*',
  '1e999',
  '-0',
  '9007199254740993',
  '2026-02-30T00:00:00Z',
  '0000-00-00',
  '+275760-09-13T00:00:00.001Z',
  'Europe/Atlantis',
  'http://[',
  'javascript:alert(1)',
  'a@b',
];

const hostileNumbers = [
  0,
  -0,
  -1,
  1,
  100,
  101,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e21,
  1e308,
  0.5,
  -1.5,
];

const hostileKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'a',
  '\0',
  'length',
  'then',
];

const texts: Readonly<Record<string, readonly string[]>> = {
  DateTime: ['2026-11-28T10:00:00Z', '2026-11-28T10:00:00.123+02:00', '1970-01-01T00:00:00Z'],
  TimeZone: ['UTC', 'Europe/Lisbon', 'Asia/Kathmandu', 'America/St_Johns', 'Factory', 'posixrules'],
  EmailAddress: ['somebody@example.com', 'A.B+c@example.co.uk'],
  URL: ['https://example.com/picture.png', 'http://localhost:1/'],
  UUID: ['018f3a5e-7b1c-7c3e-8f00-000000000001', '00000000-0000-0000-0000-000000000000'],
};

/** Input values: mostly of the right type, occasionally of a wrong one. */
export class Values {
  readonly #dice: Dice;
  readonly #known: Known;
  /** Whether a value occasionally breaks the schema. */
  mistakes = true;

  constructor(dice: Dice, known: Known) {
    this.#dice = dice;
    this.#known = known;
  }

  /** A value for an input of this type. */
  of(type: GraphQLInputType, depth = 0): Json {
    const dice = this.#dice;
    if (this.mistakes && dice.chance(4)) return this.any();
    const isNonNull = isNonNullType(type);
    const nullable = isNonNull ? type.ofType : type;
    return !isNonNull && dice.chance(4) ? null : this.#given(nullable, depth);
  }

  #given(type: GraphQLNullableType & GraphQLInputType, depth: number): Json {
    const dice = this.#dice;
    if (isListType(type)) {
      if (dice.chance(5)) return this.of(type.ofType, depth + 1);
      return dice.some(0, depth > 2 ? 1 : 3, () => this.of(type.ofType, depth + 1));
    }
    if (isInputObjectType(type)) return this.#object(type, depth);
    if (isEnumType(type)) {
      return this.mistakes && dice.chance(5) ? 'NO_SUCH_VALUE' : dice.pick(type.getValues()).name;
    }
    return this.#scalar(type.name);
  }

  /** Any JSON. */
  any(depth = 0): Json {
    const dice = this.#dice;
    switch (dice.below(depth > 3 ? 5 : 8)) {
      case 0:
        return null;
      case 1:
        return dice.chance(50);
      case 2:
        return dice.pick(hostileNumbers);
      case 3:
      case 4:
        return this.text();
      case 5:
        return dice.some(0, 4, () => this.any(depth + 1));
      default:
        return Object.fromEntries(
          dice.some(0, 4, () => [
            dice.chance(40) ? dice.pick(hostileKeys) : this.text(),
            this.any(depth + 1),
          ]),
        );
    }
  }

  text(): string {
    const dice = this.#dice;
    return dice.chance(45) ? dice.pick(hostileTexts) : dice.pick(this.#known.words);
  }

  #object(type: GraphQLInputObjectType, depth: number): Json {
    const dice = this.#dice;
    const members: [string, Json][] = [];
    for (const field of Object.values(type.getFields())) {
      const isNeeded = isNonNullType(field.type) && field.defaultValue === undefined;
      if (isNeeded ? !this.mistakes || dice.chance(97) : dice.chance(depth > 2 ? 10 : 40))
        members.push([field.name, this.of(field.type, depth + 1)]);
    }
    if (this.mistakes && dice.chance(3)) members.push([dice.pick(hostileKeys), this.any()]);
    return Object.fromEntries(members);
  }

  #scalar(name: string): Json {
    const dice = this.#dice;
    if (this.mistakes && dice.chance(6)) return this.any();
    switch (name) {
      case 'ID':
        return dice.chance(80) ? dice.pick(this.#known.ids) : this.text();
      case 'Cursor':
        return dice.chance(70) ? dice.pick(this.#known.cursors) : this.text();
      case 'LiveCursor':
        return dice.chance(80) ? dice.pick(this.#known.liveCursors) : this.text();
      case 'Int':
      case 'SafeInt':
      case 'Float':
        return !this.mistakes || dice.chance(60) ? dice.below(20) : dice.pick(hostileNumbers);
      case 'Boolean':
        return dice.chance(50);
      case 'JSONObject':
        return Object.fromEntries(dice.some(0, 3, () => [dice.pick(hostileKeys), this.any(1)]));
      default:
        return dice.chance(25) ? this.text() : dice.pick(texts[name] ?? this.#known.words);
    }
  }
}
