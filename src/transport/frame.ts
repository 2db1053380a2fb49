/** FIN, and the opcode of a text frame (RFC 6455, 5.2). */
const finalText = 0x81;

const opening = '{"id":';

/** The id of a subscription as it is written in its `next` messages: JSON, in ASCII. */
export function idInFrames(id: string): string {
  return JSON.stringify(id).replaceAll(/[\u007f-\uffff]/g, escaped);
}

/** What follows the id in the `next` messages of one event; it is the same for all subscribers. */
export function nextBody(payload: unknown): Buffer {
  return Buffer.from(`,"type":"next","payload":${JSON.stringify(payload)}}`);
}

/** The size in bytes of the frame of one message. Frames of a server are not masked. */
export function frameSize(id: string, body: Buffer): number {
  const length = messageLength(id, body);
  return headerSize(length) + length;
}

/**
 * Writes one message as a text frame at `offset` into `target`.
 * @param id as returned by `idInFrames`
 * @returns the offset after it
 */
export function writeFrame(target: Buffer, offset: number, id: string, body: Buffer): number {
  let at = writeHeader(target, offset, messageLength(id, body));
  at += target.write(opening, at, 'latin1');
  at += target.write(id, at, 'latin1');
  return at + body.copy(target, at);
}

function messageLength(id: string, body: Buffer): number {
  return opening.length + id.length + body.length;
}

function headerSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(target: Buffer, offset: number, length: number): number {
  target[offset] = finalText;
  if (length < 126) return target.writeUInt8(length, offset + 1);
  if (length < 65_536) {
    target[offset + 1] = 126;
    return target.writeUInt16BE(length, offset + 2);
  }
  target[offset + 1] = 127;
  return target.writeBigUInt64BE(BigInt(length), offset + 2);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
