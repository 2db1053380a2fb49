import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RenewalTurns } from '../../src/transport/renewal-turns.ts';

/** A socket that tells whether it is being read. */
class Reader {
  reads = true;
  pause(): void {
    this.reads = false;
  }
  resume(): void {
    this.reads = true;
  }
}

test('50 turns of one socket are taken one by one, and it is read from when all are over', async () => {
  const turns = new RenewalTurns();
  const [socket, other] = [new Reader(), new Reader()];
  const order: number[] = [];
  let atOnce = 0;
  const work = async (n: number) => {
    expect([++atOnce, socket.reads]).toEqual([1, false]);
    await setImmediate();
    atOnce--;
    order.push(n);
    if (n % 7 === 0) throw new Error('It failed.');
  };
  const taken = Array.from({ length: 50 }, (_, n) => turns.take(socket, () => work(n)));
  expect([await turns.take(other, async () => 5), other.reads, socket.reads]).toEqual([5, true, false]);
  const results = await Promise.allSettled(taken);
  expect(results.map(({ status }) => status === 'rejected')).toEqual(order.map((n) => n % 7 === 0));
  expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(socket.reads).toBe(true);
  await turns.take(socket, async () => undefined);
  expect(socket.reads).toBe(true);
});
