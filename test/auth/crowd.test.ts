import { expect, test } from 'vitest';
import { Crowd } from '../../src/auth/crowd.ts';

test('so many are at it at once, of one flow and in all', () => {
  const crowd = new Crowd(3, 2);
  const enter = (...keys: string[]) => keys.map((key) => crowd.enter(key));
  const [first, second, third, other, another] = enter('a', 'a', 'a', 'b', 'c');
  expect([first, second, third, other, another].map((leave) => leave !== null)).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
  first?.();
  expect(enter('c', 'a').map((leave) => leave !== null)).toEqual([true, false]);
  second?.();
  expect(enter('a', 'a').map((leave) => leave !== null)).toEqual([true, false]);
});
