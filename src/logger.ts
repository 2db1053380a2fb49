import { type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values are never written, wherever they are in a log line. */
const secrets = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
];

/** Writes lines of JSON to standard output; `requestId` is called for each line. */
export function createLogger(level: string, requestId: () => string | undefined): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secrets.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[hidden]' },
    mixin() {
      const id = requestId();
      return id === undefined ? {} : { requestId: id };
    },
  });
}
