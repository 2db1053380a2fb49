import type { Config } from '../config.ts';
import { UnusableSetting } from '../unusable-setting.ts';

/**
 * Why the server can't listen at an address, with the variable to change; undefined if the reason is unknown.
 */
export function unusableAddress(
  error: unknown,
  { host, port }: Pick<Config, 'host' | 'port'>,
): UnusableSetting | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  switch (error.code) {
    case 'EADDRINUSE':
      return new UnusableSetting(
        'PORT',
        `${port} of ${host} is in use; stop the process that listens there, or choose another port (0 picks a free one).`,
      );
    case 'EACCES':
      return new UnusableSetting('PORT', `this user may not listen on port ${port}; choose one above 1023.`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return new UnusableSetting(
        'HOST',
        `${host} is not an address of this machine; choose one that is, such as 127.0.0.1, or 0.0.0.0 for all of them.`,
      );
    default:
      return undefined;
  }
}
