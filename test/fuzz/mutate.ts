import type { Dice } from './dice.ts';

const pieces = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '"',
  '"""',
  '\\',
  '$',
  '$a',
  '@',
  '...',
  ':',
  '!',
  '=',
  '|',
  '&',
  '#',
  '\n',
  '\0',
  '\ud800',
  '\ufeff',
  'fragment',
  'on',
  'query',
  'subscription',
  'null',
  'true',
  '-',
  '0x1',
  '1e400',
  '\\u{110000}',
  '\\uD800',
];

/** The text with a few pieces inserted, removed, doubled or moved. */
export function mutated(text: string, dice: Dice): string {
  let result = text;
  for (let times = 1 + dice.below(4); times > 0; times--) {
    const at = dice.below(result.length + 1);
    const length = dice.below(12);
    const [before, part, after] = [
      result.slice(0, at),
      result.slice(at, at + length),
      result.slice(at + length),
    ];
    switch (dice.below(4)) {
      case 0:
        result = before + dice.pick(pieces) + part + after;
        break;
      case 1:
        result = before + after;
        break;
      case 2:
        result = before + part + part + after;
        break;
      default:
        result = part + before + after;
    }
  }
  return result;
}
