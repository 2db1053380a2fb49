import { expect, it } from 'vitest';
import { DeferredWrites } from '../src/database/deferred-writes.ts';
import { transaction } from '../src/database/transaction.ts';
import { Rollback } from '../src/domain/refusal.ts';
import { databaseOfFile } from './empty-database.ts';

class Refused extends Rollback {}

const { database } = await databaseOfFile();

function gathering() {
  const written: (readonly number[])[] = [];
  const deferred = new DeferredWrites<number>('beforeCommit', async (_, rows) => void written.push(rows));
  return { written, deferred };
}

it('writes at once, in order, what many calls of a transaction add', async () => {
  const { written, deferred } = gathering();
  await transaction(database, async (tx) => {
    deferred.add(tx, [1, 2]);
    deferred.add(tx, []);
    deferred.add(tx, [3]);
    expect(written).toEqual([]);
  });
  expect(written).toEqual([[1, 2, 3]]);
});

it('writes once more what a later step of the commit adds, and nothing twice', async () => {
  const { written, deferred } = gathering();
  await transaction(database, async (tx) => {
    deferred.add(tx, [1]);
    tx.beforeCommit(async () => deferred.add(tx, [2]));
  });
  expect(written).toEqual([[1], [2]]);
});

it('writes nothing of a transaction that is undone, or that adds nothing', async () => {
  const { written, deferred } = gathering();
  await transaction(database, async (tx) => {
    deferred.add(tx, [1]);
    return new Refused();
  });
  await transaction(database, async (tx) => deferred.add(tx, []));
  expect(written).toEqual([]);
});
