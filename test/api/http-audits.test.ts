import { serverAudits } from 'graphql-http';
import { beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';

/** The verdicts of graphql-http's audits of GraphQL over HTTP, by their numbers. */
interface Verdict {
  readonly id: string;
  readonly name: string;
  readonly status: 'ok' | 'notice' | 'warn' | 'error';
}

// The audits query types, which needs introspection: it is on together with GraphiQL.
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
