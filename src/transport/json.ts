import { isUtf8 } from 'node:buffer';

const byteOrderMark = '\ufeff';

/**
 * Parses JSON, the same way for a body, a parameter of a URL and a message. All keys are data; if a key
 * occurs twice, the last one counts. A leading byte order mark is ignored (RFC 8259, 8.1).
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.startsWith(byteOrderMark) ? text.slice(1) : text);
}

/**
 * Parses JSON, without replacing invalid bytes with another character.
 * @throws SyntaxError if it is not JSON in UTF-8
 */
export function parseJsonBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError('JSON must be in UTF-8.');
  return parseJson(bytes.toString());
}
