import { hashOf, newSecret } from '../auth/secret.ts';
import { columnsOf, computed, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { type CodePurpose, OneTimeCode } from '../entities/sign-in-flow.entity.ts';

/** How long a code is valid, in seconds. A page waits for a SIGN_IN code; a person may read first with a LINK code. */
const goodFor: Readonly<Record<CodePurpose, number>> = { SIGN_IN: 60, LINK: 300 };

/** What a code is valid for; the last three fields are for linking a provider. */
export interface CodeGrant {
  readonly accountId: string;
  readonly provider: string;
  readonly returnTo?: string | null;
  readonly sessionId?: string | null;
  readonly proof?: string | null;
}

const redeemedColumns = columnsOf(OneTimeCode, null, [
  'accountId',
  'provider',
  'returnTo',
  'sessionId',
  'proof',
  { issuedAt: computed<Date>(`expires_at - $3 * interval '1 second'`) },
]);

/** A code that was used. */
export type RedeemedCode = RowOf<typeof redeemedColumns>;

/** Makes a code that is valid once; only its hash is stored. */
export async function issueCode(
  tx: Transaction,
  purpose: CodePurpose,
  { accountId, provider, returnTo, sessionId, proof }: CodeGrant,
): Promise<string> {
  const code = newSecret();
  await tx.query(forgetCodes);
  await tx.query(insertCode, [
    hashOf(code),
    purpose,
    accountId,
    provider,
    returnTo ?? null,
    sessionId ?? null,
    proof ?? null,
    goodFor[purpose],
  ]);
  return code;
}

/** Uses a code up; of concurrent requests only one succeeds. Null if the code is unknown, used or expired. */
export async function redeemCode(
  tx: Transaction,
  purpose: CodePurpose,
  code: string,
): Promise<RedeemedCode | null> {
  const [grant] = await tx.query(deleteCode, [hashOf(code), purpose, goodFor[purpose]]);
  return grant ?? null;
}

// Deletes a few with each new code, so that there are never many more than are valid.
const forgetCodes = statement(
  'one_time_code.forget',
  `delete from one_time_code where code_hash in (
    select code_hash from one_time_code where expires_at <= now() limit 100 for update skip locked
  )`,
);

const insertCode = statement(
  'one_time_code.insert',
  `insert into one_time_code (code_hash, purpose, account_id, provider, return_to, session_id, proof, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 second')`,
);

const deleteCode = statement<RedeemedCode>(
  'one_time_code.use',
  `delete from one_time_code where code_hash = $1 and purpose = $2 and expires_at > now()
  returning ${redeemedColumns.sql}`,
);
