import { GraphQLError, type GraphQLErrorOptions } from 'graphql';

/** The contract's codes for errors that a person cannot correct (CONTRACT.md, "Errors"). */
export type ApiErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'OPERATION_TOO_LARGE'
  | 'CURSOR_EXPIRED'
  | 'SERVICE_UNAVAILABLE';

/** A failure that is shown to the client: it gets the code, the message and the details, and nothing else. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** Extensions next to the code, such as `retryAfter` in seconds. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ApiErrorCode, message: string, details: ApiError['details'] = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.details = details;
  }
}

/** For a live cursor whose next events have been removed, before the stream began or while it was read. */
export function cursorExpired(): ApiError {
  return new ApiError('CURSOR_EXPIRED', 'The cursor is too old. Read the lists again.');
}

/** For input that cannot be read: a malformed id, cursor, scalar or page size. */
export function badUserInput(message: string, options?: GraphQLErrorOptions): GraphQLError {
  return new GraphQLError(message, {
    ...options,
    extensions: { ...options?.extensions, code: 'BAD_USER_INPUT' },
  });
}
