import { readFileSync } from 'node:fs';
import pg from 'pg';

const sql = readFileSync(new URL('fill.sql', import.meta.url), 'utf8');

/**
 * Fills a database that has the demo data.
 * @param url the URL of that database, for a superuser
 */
export async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
    // As autovacuum would do.
    await client.query('vacuum (analyze)');
  } finally {
    await client.end();
  }
}

/** The rows and words of fill.sql that the questions use. */
export const filled = {
  post: uuidOf(1),
  /** Owned by the demo user. */
  collection: uuidOf(60),
  words: {
    /** In nearly all posts. */
    common: 'debaba',
    /** In one post of fifty. */
    ordinary: 'bazuba',
    /** In one of two thousand. */
    rare: 'babata',
    /** A code in a single post, and a part of the code. */
    code: 'QX-10150B',
    part: '10150b',
    /** A word in a script without spaces, in one post of fifty. */
    unspaced: '都庁',
  },
} as const;

function uuidOf(number: number): string {
  const digits = `019${number.toString(16).padStart(9, '0')}`;
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
