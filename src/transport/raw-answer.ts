import type { Duplex } from 'node:stream';

/** Said with every answer, whoever writes it. */
export const nosniff = ['x-content-type-options', 'nosniff'] as const;

/** How long a client may take to hear that it is refused, in ms. */
const patience = 1_000;

/**
 * Answers by hand, if there is no response to do it with: to what is no HTTP, or to an upgrade. The connection is gone
 * afterwards, whatever the client does. Never throws.
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
  // A client that doesn't read never lets the answer out.
  const timer = setTimeout(() => stream.destroy(), patience);
  stream.once('close', () => clearTimeout(timer));
  // Its client may never close its side.
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
