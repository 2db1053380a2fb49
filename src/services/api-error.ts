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
  return new ApiError('CURSOR_EXPIRED', 'The cursor is too old: read the lists again.');
}
