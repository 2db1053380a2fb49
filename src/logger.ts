import { type Logger, pino } from 'pino';

export type { Logger };

/** Keys whose values are never written, wherever they stand in a log line. */
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

/** Lines of JSON on standard output; `requestId` is asked at each line. */
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
