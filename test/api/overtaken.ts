import { eventually } from '../kit/eventually.ts';
import { lockWaits } from '../kit/lock-waits.ts';
import type { Site } from '../kit/site.ts';
import { withClient } from '../setup/postgres.ts';

/**
 * Lets one transaction overtake others: it does its work, waits until each of the others has begun, one after the
 * other, and is blocked, and then commits.
 * @returns the results of the others
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
      // If this test fails before it awaits the answer, nobody else handles the rejection.
      answer.catch(() => undefined);
      await eventually(async () => (await lockWaits(site)) === begun.length);
    }
    await client.query('commit');
    return Promise.all(begun);
  });
}
