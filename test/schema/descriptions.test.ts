import { readFileSync } from 'node:fs';
import { buildSchema, isScalarType, isSpecifiedScalarType } from 'graphql';
import { expect, test } from 'vitest';
import 'reflect-metadata';
import { resolverClasses } from '../../src/resolvers/index.ts';
import { buildSchema as buildExecutable } from '../../src/schema/build-schema.ts';
import { partsOf } from '../../src/schema/describe.ts';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const parts = partsOf(schema);

test('as many schemas as one process needs are described', () => {
  const instanceOf = () => ({});
  for (const built of [
    buildExecutable(resolverClasses, instanceOf),
    buildExecutable(resolverClasses, instanceOf),
  ])
    expect(partsOf(built).filter(({ part }) => !part.description)).toEqual([]);
});

test('every type, value, field and argument is described', () => {
  expect(parts.length).toBeGreaterThan(900);
  expect(parts.filter(({ part }) => !part.description?.trim()).map(({ coordinate }) => coordinate)).toEqual(
    [],
  );
});

test('a description is a sentence, and says more than the name', () => {
  const poor = parts.filter(({ coordinate, part }) => {
    const description = part.description ?? '';
    const known = new Set(wordsOf(coordinate.replaceAll(/[.(:)]/g, ' ')));
    const news = wordsOf(description).filter((word) => !known.has(word) && !empty.has(word));
    return !description.endsWith('.') || news.length === 0;
  });
  expect(poor.map(({ coordinate, part }) => `${coordinate}: ${part.description}`)).toEqual([]);
});

/** Words that carry no information by themselves. */
const empty = new Set(
  'the a an of is its it this that for to in on by input payload type value field'.split(' '),
);

/** Treats `displayName`, `DISPLAY_NAME` and "display names" as the same. */
function wordsOf(text: string): string[] {
  const words =
    text
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\d]+/gu) ?? [];
  return words.map((word) => word.replace(/s$/, ''));
}

test('a list says how long a page is if nothing is said, and how long it may be', () => {
  const first = parts.filter(({ coordinate }) => coordinate.endsWith('(first:)'));
  expect(first.length).toBeGreaterThan(10);
  for (const { part } of first) expect(part.description).toMatch(/\b100\b.*\b20\b/);
  for (const { coordinate, part } of parts)
    if (coordinate.endsWith('(last:)')) expect(part.description).toMatch(/\b100\b/);
});

test('what has a default says so, in its description as well', () => {
  const standard = parts.filter(({ part }) => 'defaultValue' in part && part.defaultValue !== undefined);
  expect(standard.length).toBeGreaterThan(10);
  const silent = standard.filter(({ part }) => !/left out/i.test(part.description ?? ''));
  expect(silent.map(({ coordinate }) => coordinate)).toEqual([]);
});

test('every scalar of our own says where it is specified', () => {
  const scalars = Object.values(schema.getTypeMap()).filter(isScalarType);
  const own = scalars.filter((scalar) => !isSpecifiedScalarType(scalar));
  expect(own.length).toBeGreaterThan(8);
  for (const { name, specifiedByURL } of own)
    expect([name, specifiedByURL]).toEqual([name, expect.stringMatching(/^https:\/\/\S+$/)]);
});
