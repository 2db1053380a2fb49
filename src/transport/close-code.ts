/** How sockets are closed (CONTRACT.md, "WebSocket closings"; RFC 6455, 7.4; graphql-transport-ws). */
export const closeCode = {
  serviceRestart: 1012,
  tryAgainLater: 1013,
  badMessage: 4400,
  forbidden: 4403,
  idInUse: 4409,
  tooMany: 4429,
  internalError: 4500,
} as const;

/** Bytes of a reason, at most: it shares a control frame with the code (RFC 6455, 5.5). */
const longestReason = 123;

/** A reason that can be sent. graphql-ws puts the id that is in use into its own, however long a client made it. */
export function closeReason(code?: number, reason = ''): string {
  if (code === closeCode.idInUse) return 'Subscriber already exists';
  return Buffer.byteLength(reason) > longestReason ? '' : reason;
}
