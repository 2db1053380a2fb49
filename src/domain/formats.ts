import { Temporal } from 'temporal-polyfill';

// What people type in a form that is known: each gives what is to be stored, or undefined (for a zone, null) for
// malformed text. Lengths are looked at first, for one long variable can stand in hundreds of places.

// Dot-atoms of RFC 5322 before the @; a host of at least two labels after it, whose last is no number.
const emailAddress =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])$/i;

export function emailAddressOf(text: string): string | undefined {
  return text.length <= 254 && emailAddress.test(text) ? text : undefined;
}

/** Not left to the URL class alone: it takes "https:example", tabs, spaces around, and backslashes for slashes. */
const httpUrl = /^https?:\/\/[^\s\\\p{Cc}]+$/iu;

/** An absolute http(s) URL, as it was given. */
export function httpUrlOf(text: string): string | undefined {
  return text.length <= 2048 && text.isWellFormed() && httpUrl.test(text) && URL.canParse(text)
    ? text
    : undefined;
}

const longestZoneName = 64;
// Neither offsets, which Temporal takes for zones, nor the names that only ICU knows.
const zoneName = /^(?!SystemV\/)[a-z][\w+-]*(?:\/[\w+-]+)*$/i;

/**
 * The name of an IANA time zone in its usual case, or null where there is none. This alone decides which zones there
 * are (docs/decisions/0021-zones-words-and-nulls.md). A link keeps its own name, as Temporal says: Intl makes
 * Asia/Calcutta of Asia/Kolkata and America/Panama of EST.
 */
export function canonicalTimeZone(name: string): string | null {
  if (name.length > longestZoneName || !zoneName.test(name)) return null;
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
