import { isUtf8 } from 'node:buffer';

const byteOrderMark = '\ufeff';

/**
 * Reads JSON as every way into the server does: a body, a parameter of a URL, a message. All keys are data, and of a key
 * that comes twice the last one counts. A byte order mark before it is ignored (RFC 8259, 8.1).
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.startsWith(byteOrderMark) ? text.slice(1) : text);
}

/**
 * Never puts a character in the place of bytes that are none.
 * @throws SyntaxError if it is no JSON in UTF-8
 */
export function parseJsonBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError('JSON must be in UTF-8.');
  return parseJson(bytes.toString());
}
