/** The seq of a live cursor: the 8 bytes with which it begins. */
export function seqOf(cursor: string): number {
  return Number(Buffer.from(cursor, 'base64url').readBigUInt64BE());
}
