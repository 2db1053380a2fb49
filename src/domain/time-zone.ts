import { Temporal } from 'temporal-polyfill';

const LONGEST_NAME = 64;
// Neither offsets, which Temporal takes for zones, nor the names that only ICU knows.
const ZONE_NAME = /^(?!SystemV\/)[a-z][\w+-]*(?:\/[\w+-]+)*$/i;

/**
 * The name of an IANA time zone in its usual case, or null where there is none. This alone decides which zones there
 * are (docs/decisions/0021-zones-words-and-nulls.md). A link keeps its own name, as Temporal says: Intl makes
 * Asia/Calcutta of Asia/Kolkata and America/Panama of EST.
 */
export function canonicalTimeZone(name: string): string | null {
  if (name.length > LONGEST_NAME || !ZONE_NAME.test(name)) return null;
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
