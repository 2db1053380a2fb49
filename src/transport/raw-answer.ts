import type { Duplex } from 'node:stream';

/** Sent with every answer, also those written by hand. */
export const nosniff = ['x-content-type-options', 'nosniff'] as const;

/** How long a client may take to read the answer, in ms. */
const patience = 1_000;

/**
 * Answers by hand if there is no response object: to something that is not HTTP, or to an upgrade. The
 * connection is closed afterwards, whatever the client does. Never throws.
 */
export function answerRaw(
  stream: Duplex,
  status: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): void {
  stream.on('error', () => stream.destroy());
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  // If the client doesn't read, the answer never gets out.
  const timer = setTimeout(() => stream.destroy(), patience);
  stream.once('close', () => clearTimeout(timer));
  // The client may never close its side.
  stream.once('finish', () => stream.destroy());
  const all = {
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
    [nosniff[0]]: nosniff[1],
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`);
}
