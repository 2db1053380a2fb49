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

async function audit(): Promise<Verdict[]> {
  const audits = serverAudits({ url: `${url}/graphql` });
  return Promise.all(audits.map(async ({ fn }) => fn()));
}

describe('the audits of graphql-http', () => {
  let verdicts: Verdict[] = [];
  beforeAll(async () => {
    verdicts = await audit();
    const rows = verdicts.map(({ id, name, status }) => `${id}  ${status.padEnd(6)}  ${name}`);
    process.stdout.write(`${['id    verdict', ...rows].join('\n')}\n`);
  });

  test('are 61', () => expect(verdicts).toHaveLength(61));

  test('pass', () => expect(verdicts.filter(({ status }) => status !== 'ok')).toEqual([]));
});
