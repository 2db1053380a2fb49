import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Transaction, transaction } from '../../src/database/transaction.ts';
import { AtCommit } from '../../src/services/at-commit.ts';
import { refuse } from '../../src/services/refusal.ts';
import { Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage[Symbol.asyncDispose]());

function gathering() {
  const written: (readonly number[])[] = [];
  const gathered = new AtCommit<number>(async (_: Transaction, items) => void written.push(items));
  return { written, gathered };
}

it('writes at once, in order, what many calls of a transaction add', async () => {
  const { written, gathered } = gathering();
  await transaction(stage.database, async (tx) => {
    gathered.add(tx, [1, 2]);
    gathered.add(tx, []);
    gathered.add(tx, [3]);
    expect(written).toEqual([]);
  });
  expect(written).toEqual([[1, 2, 3]]);
});

it('writes once more what a later step of the commit adds, and nothing twice', async () => {
  const { written, gathered } = gathering();
  await transaction(stage.database, async (tx) => {
    gathered.add(tx, [1]);
    tx.beforeCommit(async () => gathered.add(tx, [2]));
  });
  expect(written).toEqual([[1], [2]]);
});

it('writes nothing of a transaction that is undone, or that adds nothing', async () => {
  const { written, gathered } = gathering();
  await transaction(stage.database, async (tx) => {
    gathered.add(tx, [1]);
    return refuse('INVALID', 'No.');
  });
  await transaction(stage.database, async (tx) => gathered.add(tx, []));
  expect(written).toEqual([]);
});
