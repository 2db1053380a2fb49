import { expect, test } from 'vitest';
import { NoteBudget } from '../src/services/note-budget.ts';

test('so many notes a minute are written of an address, and in all; the next counts those left out', () => {
  const clock = { now: 0 };
  const budget = new NoteBudget({ ofOne: 2, inAll: 5, now: () => clock.now });
  const spend = (...addresses: string[]) => addresses.map((address) => budget.spend(address));
  expect(spend('a', 'a', 'a', 'a', 'b', 'b', 'b', 'c', 'd')).toEqual([0, 0, null, null, 0, 0, null, 0, null]);
  clock.now = 59_999;
  expect(spend('a', 'd')).toEqual([null, null]);
  clock.now = 60_000;
  expect(spend('a', 'a', 'b', 'd', 'e')).toEqual([3, 0, 1, 2, 0]);
});
