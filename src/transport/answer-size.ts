/** What UTF-8 and JSON make of one UTF-16 code unit at most: `\u0000`. */
const mostBytesOfUnit = 6;
/** Of a number, a literal, or what stands between values. */
const bytesOfToken = 8;

/**
 * Whether a value takes more than so many bytes as JSON. Nothing is written to find that out: a text that stands in an
 * answer a thousand times is in memory once, and it would be written out a thousand times.
 */
export function isLargerThan(value: unknown, limit: number): boolean {
  if (!Number.isFinite(limit) || boundOf(value, limit) <= limit) return false;
  return exactSizeOf(value, limit) > limit;
}

/** At least the size of the value; counted no further than past the limit. */
function boundOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length * mostBytesOfUnit + bytesOfToken;
  if (!isObject(value)) return 4 * bytesOfToken;
  let bytes = bytesOfToken;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && bytes <= limit; index++)
      bytes += boundOf(value[index], limit - bytes);
    return bytes;
  }
  // What graphql-js makes has no prototype: its keys are found faster as a list than one by one.
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

/** The size as JSON, leaf by leaf; counted no further than past the limit. */
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
