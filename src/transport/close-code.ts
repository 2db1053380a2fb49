/**
 * The codes that sockets are closed with (CONTRACT.md, "WebSocket closings"; RFC 6455, 7.4;
 * graphql-transport-ws).
 */
export const closeCode = {
  serviceRestart: 1012,
  tryAgainLater: 1013,
  badMessage: 4400,
  forbidden: 4403,
  idInUse: 4409,
  tooMany: 4429,
  internalError: 4500,
} as const;
