import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { unauthenticated } from '../auth/viewer.ts';
import { queueShared } from '../database/fair-lock.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { check, idempotencyKey } from '../domain/fields.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import type { IdempotencyKey } from '../entities/idempotency-key.entity.ts';

export interface KeyedRequest<Result> {
  /** The owner of the key. */
  readonly accountId: string;
  readonly key: string;
  /** A key that was used for another operation counts as used with another input. */
  readonly operation: string;
  /** The input with its defaults, as JSON values. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The schema of the ids that are stored with the key. */
  readonly result: z.ZodType<Result>;
}

/**
 * Runs `effect` once for each key of an account, and checks the key before anything else. The key is stored in the
 * transaction of the effect; a concurrent call waits for the first and then repeats its result. A refusal rolls the
 * transaction back, so that the key may be used again. Keeps the account from being deleted until the transaction ends.
 * @returns what `effect` returned, now or at the first call; KEY_REUSED if the first call had another input
 * @throws ApiError UNAUTHENTICATED if the account was deleted meanwhile
 */
export async function once<Result extends Readonly<Record<string, string>>>(
  tx: Transaction,
  { accountId, key, operation, input, result }: KeyedRequest<Result>,
  effect: () => Promise<Result | Refusal>,
): Promise<Result | Refusal> {
  const checked = check(idempotencyKey, key, ['input', 'idempotencyKey']);
  if (checked instanceof Refusal) return checked;
  const hash = hashOf(input);
  const claimed = await tx.query(claimKey, [accountId, key, operation, hash]);
  if (claimed.length === 0) {
    const [first] = await tx.query(readKey, [accountId, key]);
    // A key is missing here only if its account was deleted.
    if (first === undefined) throw unauthenticated();
    if (first.operation !== operation || first.inputHash !== hash) return keyReused();
    return result.parse(first.result);
  }
  const made = await effect();
  if (!(made instanceof Refusal)) await tx.query(keepResult, [accountId, key, JSON.stringify(made)]);
  return made;
}

function keyReused(): Refusal {
  return refuse('KEY_REUSED', 'This idempotency key was used before with a different input.', [
    'idempotencyKey',
  ]);
}

function hashOf(input: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(input, inOrder)).digest('base64url');
}

/** Sorts the keys of objects, so that equal inputs have the same text. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

// The result is empty until the effect is done; nobody sees that, because both are in one transaction.
const claimKey = statement(
  'idempotency.claim',
  `with queued as materialized (select $1::uuid as id, ${queueShared('$1::uuid')})
  insert into idempotency_key (account_id, key, operation, input_hash, result)
  select id, $2, $3, $4, '{}' from account
  where id = (select id from queued) and deleted_at is null for key share
  on conflict (account_id, key) do nothing
  returning key`,
);

const readKey = statement<Pick<IdempotencyKey, 'operation' | 'inputHash' | 'result'>>(
  'idempotency.read',
  `select operation, input_hash as "inputHash", result from idempotency_key where account_id = $1 and key = $2`,
);

const keepResult = statement(
  'idempotency.keep',
  'update idempotency_key set result = $3 where account_id = $1 and key = $2',
);
