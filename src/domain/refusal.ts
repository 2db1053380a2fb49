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

/** An error that a person can correct. */
export interface UserErrorData {
  readonly code: UserErrorCode;
  /** For a person to read. */
  readonly message: string;
  /** The path in the input, such as ['input', 'title']; null if the error is about the whole input. */
  readonly field: readonly string[] | null;
}

/** A result that rolls back the transaction whose work returns it. */
export abstract class Rollback {}

/** An expected failure, returned instead of a result. A transaction that returns it is rolled back. */
export class Refusal extends Rollback {
  readonly errors: readonly UserErrorData[];

  constructor(errors: readonly [UserErrorData, ...UserErrorData[]]) {
    super();
    this.errors = errors;
  }
}

/**
 * Refuses for one reason.
 * @param field the path below the input, such as ['title']; omitted if the error is about the whole input
 */
export function refuse(code: UserErrorCode, message: string, field?: readonly string[]): Refusal {
  return new Refusal([{ code, message, field: field === undefined ? null : ['input', ...field] }]);
}

/** Refuses because somebody else has changed the record since the client read it. */
export function versionConflict(noun: 'collection' | 'post' | 'product' | 'quest' | 'reward'): Refusal {
  return refuse('VERSION_CONFLICT', `The ${noun} has changed since you read it. Read it again.`, [
    'expectedVersion',
  ]);
}
