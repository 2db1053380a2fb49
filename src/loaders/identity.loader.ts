import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import { Identity } from '../entities/identity.entity.ts';
import { makeGroupLoader } from './make-loader.ts';

const columns = columnsOf(Identity, null, ['accountId', 'provider', 'linkedAt']);

export type IdentityRow = RowOf<typeof columns>;

/** At most one of each provider. */
export const identitiesOfAccount = makeGroupLoader({
  statement: statement<IdentityRow>(
    'identity.of_account',
    `select ${columns.sql} from identity where account_id = any($1::uuid[]) order by linked_at, provider`,
  ),
  keyOf: (row) => row.accountId,
});
