import type { FlowSecrets } from '../auth/provider.ts';
import { hashOf } from '../auth/secret.ts';
import { columnsOf, type RowOf } from '../database/columns.ts';
import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { SignInFlow } from '../entities/sign-in-flow.entity.ts';

/** The account that a provider is to be linked to, and the session that asked for it. */
export interface LinkOwner {
  readonly accountId: string;
  readonly sessionId: string;
  /** Derived from the password (see `proofOf`); null if the account has none. */
  readonly proof: string | null;
}

/** The flow of a browser to a provider and back. */
export interface NewSignInFlow {
  readonly provider: string;
  readonly returnTo: string;
  /** Null if somebody signs in. */
  readonly owner: LinkOwner | null;
}

/** A flow whose browser has come back. */
export interface ClosedFlow extends NewSignInFlow, Omit<FlowSecrets, 'state'> {
  readonly browserHash: string;
}

/** @param browser the secret that the browser keeps in its cookie */
export async function openFlow(
  tx: Transaction,
  { provider, returnTo, owner }: NewSignInFlow,
  { state, nonce, codeVerifier }: FlowSecrets,
  browser: string,
): Promise<void> {
  await tx.query(forgetFlows);
  await tx.query(insertFlow, [
    hashOf(state),
    provider,
    hashOf(browser),
    codeVerifier,
    nonce,
    returnTo,
    owner?.accountId ?? null,
    owner?.sessionId ?? null,
    owner?.proof ?? null,
  ]);
}

/** Ends the flow with that state; of concurrent requests only one succeeds. Null if there is no such flow. */
export async function closeFlow(db: Db, provider: string, state: string): Promise<ClosedFlow | null> {
  const [row] = await db.query(deleteFlow, [hashOf(state), provider]);
  if (row === undefined) return null;
  const { accountId, sessionId, proof, ...flow } = row;
  const owner = accountId === null || sessionId === null ? null : { accountId, sessionId, proof };
  return { ...flow, owner };
}

// Deletes a few with each new flow, so that there are never many more than are open.
const forgetFlows = statement(
  'sign_in_flow.forget',
  `delete from sign_in_flow where state_hash in (
    select state_hash from sign_in_flow where expires_at <= now() limit 100 for update skip locked
  )`,
);

const insertFlow = statement(
  'sign_in_flow.insert',
  `insert into sign_in_flow (state_hash, provider, browser_hash, code_verifier, nonce, return_to, account_id,
    session_id, proof, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + interval '10 minutes')`,
);

const columns = columnsOf(SignInFlow, null, [
  'provider',
  'browserHash',
  'codeVerifier',
  'nonce',
  'returnTo',
  'accountId',
  'sessionId',
  'proof',
]);

const deleteFlow = statement<RowOf<typeof columns>>(
  'sign_in_flow.close',
  `delete from sign_in_flow where state_hash = $1 and provider = $2 and expires_at > now()
  returning ${columns.sql}`,
);
