import { serverAudits } from 'graphql-http';
import { beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';

/** What the audits of graphql-http say of GraphQL over HTTP, by the number of each. */
interface Verdict {
  readonly id: string;
  readonly name: string;
  readonly status: 'ok' | 'notice' | 'warn' | 'error';
}

// They ask for types: introspection is on where GraphiQL is.
const { url } = await startApp({ GRAPHIQL: 'true' });

async function audit(fetchFn: typeof fetch): Promise<Verdict[]> {
  const audits = serverAudits({ url: `${url}/graphql`, fetchFn });
  return Promise.all(audits.map(async ({ fn }) => fn()));
}

const withPreflight: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    headers: { ...Object.fromEntries(new Headers(init?.headers)), 'apollo-require-preflight': '1' },
  });

/**
 * By GET, and without a header that only a preflight lets through: a page of another site could send that, so that it
 * is refused. The specification leaves GET to the server.
 */
const refusedWithoutPreflight = ['5A70', 'D6D5', '6A70'];

describe('the audits of graphql-http', () => {
  let plain: Verdict[] = [];
  let preflighted: Verdict[] = [];
  beforeAll(async () => {
    plain = await audit(fetch);
    preflighted = await audit(withPreflight);
    const rows = plain.map(({ id, name, status }, index) => {
      return `${id}  ${status.padEnd(6)}  ${preflighted[index]?.status.padEnd(6)}  ${name}`;
    });
    process.stdout.write(`${['id    plain   preflighted', ...rows].join('\n')}\n`);
  });
  const not = (verdicts: readonly Verdict[]) => verdicts.filter(({ status }) => status !== 'ok');

  test('are 61', () => expect([plain.length, preflighted.length]).toEqual([61, 61]));

  test('pass, but for what another site could send', () => {
    expect(not(plain).map(({ id, status }) => [id, status])).toEqual(
      refusedWithoutPreflight.map((id) => [id, 'notice']),
    );
  });

  test('pass all with apollo-require-preflight', () => expect(not(preflighted)).toEqual([]));
});
