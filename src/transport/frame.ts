/** FIN, and the opcode of a text (RFC 6455, 5.2). */
const finalText = 0x81;

const opening = Buffer.from('{"id":');
const middle = Buffer.from(',"type":"next","payload":');
const closing = Buffer.from('}');

/** What stands before the payload in each `next` message of one subscription. */
export function nextPrefix(id: string): Buffer {
  return Buffer.concat([opening, Buffer.from(JSON.stringify(id)), middle]);
}

/** What all `next` messages of one event end in, whoever gets them. */
export function nextBody(payload: unknown): Buffer {
  return Buffer.concat([Buffer.from(JSON.stringify(payload)), closing]);
}

/** How many bytes the frame of a text of `length` bytes has: of a server, so that nothing is masked. */
export function frameSize(length: number): number {
  if (length < 126) return length + 2;
  return length < 65_536 ? length + 4 : length + 10;
}

/**
 * Writes one text frame, prefix and body, at `offset` into `target`.
 * @returns the offset after it
 */
export function writeFrame(target: Buffer, offset: number, prefix: Buffer, body: Buffer): number {
  const length = prefix.length + body.length;
  let at = offset;
  target[at++] = finalText;
  if (length < 126) target[at++] = length;
  else if (length < 65_536) {
    target[at++] = 126;
    target[at++] = length >>> 8;
    target[at++] = length & 0xff;
  } else {
    target[at++] = 127;
    at = target.writeBigUInt64BE(BigInt(length), at);
  }
  at += prefix.copy(target, at);
  return at + body.copy(target, at);
}
