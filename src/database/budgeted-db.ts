import type { Db } from './database.ts';
import { ReadBudget } from './read-budget.ts';

/** The same database for one request, which may read only so many characters. */
export function withReadBudget(database: Db, characters: number): Db {
  if (!Number.isFinite(characters)) return database;
  const budget = new ReadBudget(characters);
  return { query: (statement, values) => database.query(statement, values, budget) };
}
