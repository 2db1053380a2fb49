import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { variableNames } from '../src/config.ts';

const page = readFileSync(new URL('../SECURITY.md', import.meta.url), 'utf8');
const named = new Set(page.match(/\bLIMIT_[A-Z]+(?:_[A-Z]+)*\b/g));

it('SECURITY.md names every limit, and no other', () => {
  const limits = variableNames.filter((name) => name.startsWith('LIMIT_'));
  expect([...named].toSorted()).toEqual(limits.toSorted());
});

it('SECURITY.md is linked from the README', () => {
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain('(SECURITY.md)');
});
