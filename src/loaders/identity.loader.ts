import { statement } from '../database/statement.ts';
import { makeGroupLoader } from './make-loader.ts';

export interface IdentityRow {
  readonly accountId: string;
  readonly provider: string;
  readonly linkedAt: Date;
}

/** One at most of each provider. */
export const identitiesOfAccount = makeGroupLoader({
  statement: statement<IdentityRow>(
    'identity.of_account',
    `select account_id as "accountId", provider, linked_at as "linkedAt"
     from identity where account_id = any($1::uuid[]) order by linked_at, provider`,
  ),
  keyOf: (row) => row.accountId,
});
