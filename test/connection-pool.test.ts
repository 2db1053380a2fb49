import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { ConnectionPool, type Pooled } from '../src/database/connection-pool.ts';
import { Patience, withPatience } from '../src/database/patience.ts';
import { present } from './kit/unique.ts';
import { whenDone } from './kit/when-done.ts';

/** A pool with one connection; records the order of the flows that got it, each of which returns it at once. */
function onePool() {
  const pool = new ConnectionPool({
    url: inject('postgresAdminUrl'),
    size: 1,
    settings: '',
    log: pino({ level: 'silent' }),
  });
  whenDone(() => pool.close());
  const served: string[] = [];
  const as = (flow: string): Promise<Pooled> =>
    withPatience(new Patience({ flow }), async () => {
      const connection = await pool.take();
      served.push(flow);
      return connection;
    });
  const passOn = (flow: string) => as(flow).then((connection) => connection.release());
  return { pool, served, as, passOn };
}

test('who asks for much waits for that alone', async () => {
  const { served, as, passOn } = onePool();
  const held = await as('first');
  const flood = Array.from({ length: 50 }, () => passOn('flood'));
  const others = [passOn('second'), passOn('third')];
  held.release();
  await Promise.all([...flood, ...others]);
  expect(served.slice(0, 4)).toEqual(['first', 'flood', 'second', 'third']);
  expect(served).toHaveLength(53);
});

test('work that is for no one address waits for one turn of each', async () => {
  const { pool, served, as, passOn } = onePool();
  const held = await as('first');
  const flood = Array.from({ length: 50 }, () => passOn('flood'));
  const ours = pool.take().then((connection) => {
    served.push('ours');
    connection.release();
  });
  held.release();
  await Promise.all([...flood, ours]);
  expect(served.indexOf('ours')).toBe(2);
});

test('a connection that was given up, or given back late, is free again', async () => {
  const { pool, served, as, passOn } = onePool();
  const held = await as('first');
  const impatient = withPatience(new Patience({ ms: 300, flow: 'impatient' }), () => pool.take());
  await expect(impatient).rejects.toThrow(/in time/);
  present(held).release(true);
  await Promise.all(Array.from({ length: 5 }, () => passOn('next')));
  expect(served).toEqual(['first', ...Array<string>(5).fill('next')]);
});
