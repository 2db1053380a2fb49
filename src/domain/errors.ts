import { GraphQLError, type GraphQLErrorOptions } from 'graphql';

/** The codes of the contract for what is no person's to put right (CONTRACT.md, "Errors"). */
export type ApiErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'OPERATION_TOO_LARGE'
  | 'CURSOR_EXPIRED'
  | 'SERVICE_UNAVAILABLE';

/** A failure that the client is told of as it is: its code and message reach the client, and nothing else. */
export class ApiError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    /** What goes beside the code, such as `retryAfter` in seconds. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** The events after a live cursor have been removed, before the stream began or while it was read. */
export function cursorExpired(): ApiError {
  return new ApiError('CURSOR_EXPIRED', 'The cursor is too old. Read the lists again.');
}

/** What the client sent can't be read: a malformed id, cursor, scalar or page size. */
export function badUserInput(message: string, options?: GraphQLErrorOptions): GraphQLError {
  return new GraphQLError(message, {
    ...options,
    extensions: { ...options?.extensions, code: 'BAD_USER_INPUT' },
  });
}
