/** The most bytes that UTF-8 and JSON make of one UTF-16 code unit: `\u0000`. */
const mostBytesOfUnit = 6;
/** Bytes for a number, a literal, or what separates values. */
const bytesOfToken = 8;

/**
 * Whether a value takes more than `limit` bytes as JSON. It is not serialized to find out: a text that occurs
 * a thousand times in an answer is in memory once, but would be written a thousand times.
 */
export function isLargerThan(value: unknown, limit: number): boolean {
  if (!Number.isFinite(limit) || boundOf(value, limit) <= limit) return false;
  return exactSizeOf(value, limit) > limit;
}

/** An upper bound of the size of the value; stops counting once it is past the limit. */
function boundOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length * mostBytesOfUnit + bytesOfToken;
  if (!isObject(value)) return 4 * bytesOfToken;
  let bytes = bytesOfToken;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && bytes <= limit; index++)
      bytes += boundOf(value[index], limit - bytes);
    return bytes;
  }
  // Objects made by graphql-js have no prototype: listing their keys is faster than iterating over them.
  const keys = Object.keys(value);
  for (let index = 0; index < keys.length && bytes <= limit; index++) {
    const key = keys[index] ?? '';
    const item = value[key];
    const text = typeof item === 'string' ? key.length + item.length : key.length;
    bytes += text * mostBytesOfUnit + 2 * bytesOfToken;
    if (typeof item === 'object') bytes += boundOf(item, limit - bytes);
  }
  return bytes;
}

/** The exact size as JSON, leaf by leaf; stops counting once it is past the limit. */
function exactSizeOf(value: unknown, limit: number): number {
  if (!isObject(value) || 'toJSON' in value) return Buffer.byteLength(JSON.stringify(value) ?? '');
  const isList = Array.isArray(value);
  let bytes = 2;
  let count = 0;
  for (const key in value) {
    const item = value[key];
    if (item === undefined && !isList) continue;
    if (count++ > 0) bytes++;
    if (!isList) bytes += Buffer.byteLength(JSON.stringify(key)) + 1;
    bytes += item === undefined ? 4 : exactSizeOf(item, limit - bytes);
    if (bytes > limit) return bytes;
  }
  return bytes;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
