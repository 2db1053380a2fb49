import { readFileSync } from 'node:fs';
import pg from 'pg';

const sql = readFileSync(new URL('fill.sql', import.meta.url), 'utf8');

/**
 * Fills a database that has the demo data.
 * @param url of a superuser, in that database
 */
export async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
    // As autovacuum leaves it.
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}

/** What of fill.sql the questions speak of. */
export const filled = {
  post: uuidOf(1),
  /** Of the demo user. */
  collection: uuidOf(60),
  words: {
    /** In nearly all posts. */
    common: 'debaba',
    /** In one post of fifty. */
    ordinary: 'bazuba',
    /** In one of two thousand. */
    rare: 'babata',
    /** In one post alone, and a part of it. */
    code: 'QX-10150B',
    part: '10150b',
    /** Of a script without spaces, in one post of fifty. */
    unspaced: '都庁',
  },
} as const;

function uuidOf(number: number): string {
  const digits = `019${number.toString(16).padStart(9, '0')}`;
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
