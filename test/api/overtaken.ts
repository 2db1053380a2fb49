import { eventually } from '../kit/eventually.ts';
import { lockWaits } from '../kit/lock-waits.ts';
import type { Site } from '../kit/site.ts';
import { withClient } from '../setup/postgres.ts';

/**
 * Lets another transaction come first: it has done its work when each of the others, one after the other, has begun and
 * waits; then it commits.
 * @returns what the others gave
 */
export async function overtaken<T>(
  site: Site,
  [text, ...values]: readonly [text: string, ...values: unknown[]],
  ...others: readonly (() => Promise<T>)[]
): Promise<T[]> {
  return withClient(site.variables.DATABASE_URL ?? '', async (client) => {
    await client.query('begin');
    await client.query(text, values);
    const begun: Promise<T>[] = [];
    for (const other of others) {
      const answer = other();
      begun.push(answer);
      // If this test fails before it asks, the answer tells nobody else.
      answer.catch(() => undefined);
      await eventually(async () => (await lockWaits(site)) === begun.length);
    }
    await client.query('commit');
    return Promise.all(begun);
  });
}
