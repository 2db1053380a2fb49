import type { Attack } from './attack.ts';
import { again, outcomeOf, post } from './http.ts';

/** The oldest posts are those with long bodies (ground.sql). */
const list = (alias: number, fields: string) =>
  `a${alias}: posts(first: 100, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { ${fields} } }`;

function lists(count: number, fields: string): string {
  const aliases = Array.from({ length: count }, (_, index) => list(index, fields));
  return JSON.stringify({ query: `{ ${aliases.join(' ')} }` });
}

/**
 * Cost counts fields, and each of these is 200,000 bytes: with 24 lists, and with as many as the cost of long
 * texts allows.
 */
export const longAnswers: Attack = {
  summary: 'lists of 100 bodies of 50,000 characters each, 24 and 4 in a query',
  run(target) {
    const bodies = [lists(24, 'body'), lists(4, 'body')];
    return again(target, 2, async (turn) => {
      const answer = await post(target, bodies[turn % 2] ?? '');
      target.tally.add(`answer of about ${Math.ceil(answer.bytes / 1e7) * 10} MB`);
      return outcomeOf(answer);
    });
  },
};

/** The same lists without the bodies: what is read but not sent takes memory too. */
export const unseenTexts: Attack = {
  summary: '24 lists of 100 posts whose long bodies nobody asks for',
  run(target) {
    const body = lists(24, 'id');
    return again(target, 4, async () => outcomeOf(await post(target, body)));
  },
};
