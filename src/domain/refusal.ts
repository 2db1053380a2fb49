/** Why a person's request was refused; the contract's UserErrorCode. */
export type UserErrorCode =
  | 'INVALID'
  | 'TAKEN'
  | 'NOT_FOUND'
  | 'VERSION_CONFLICT'
  | 'CREDENTIALS_INVALID'
  | 'TOKEN_INVALID'
  | 'INSUFFICIENT_FUNDS'
  | 'OUT_OF_STOCK'
  | 'PRICE_CHANGED'
  | 'KEY_REUSED'
  | 'NOT_AVAILABLE';

/** What a person can put right. */
export interface UserErrorData {
  readonly code: UserErrorCode;
  /** For a person to read. */
  readonly message: string;
  /** The path in the input, such as ['input', 'title']; null where it is about the whole. */
  readonly field: readonly string[] | null;
}

/** A result that undoes the transaction whose work returns it. */
export abstract class Rollback {}

/** An expected failure, returned instead of a result; a transaction that returns it is undone. */
export class Refusal extends Rollback {
  readonly errors: readonly UserErrorData[];

  constructor(errors: readonly [UserErrorData, ...UserErrorData[]]) {
    super();
    this.errors = errors;
  }
}

/**
 * Refuses for one reason.
 * @param field the path below the input, such as ['title']; left out where it is about the whole
 */
export function refuse(code: UserErrorCode, message: string, field?: readonly string[]): Refusal {
  return new Refusal([{ code, message, field: field === undefined ? null : ['input', ...field] }]);
}

/** Somebody else has changed the record since the client read it. */
export function versionConflict(noun: 'collection' | 'post' | 'product' | 'quest' | 'reward'): Refusal {
  return refuse('VERSION_CONFLICT', `The ${noun} has changed since you read it. Read it again.`, [
    'expectedVersion',
  ]);
}
