import { Temporal } from 'temporal-polyfill';

// Texts of a known form. Each function returns what is to be stored, or undefined (for a zone, null) if the text is
// malformed. Lengths are checked first, because one long variable can be used in hundreds of places.

// A dot-atom of RFC 5322 before the @; after it a host of at least two labels, of which the last is not a number.
const emailAddress =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])$/i;

export function emailAddressOf(text: string): string | undefined {
  return text.length <= 254 && emailAddress.test(text) ? text : undefined;
}

/** The URL class alone is too lenient: it accepts "https:example", tabs, surrounding spaces, and backslashes. */
const httpUrl = /^https?:\/\/[^\s\\\p{Cc}]+$/iu;

/** An absolute http(s) URL, unchanged. */
export function httpUrlOf(text: string): string | undefined {
  return text.length <= 2048 && text.isWellFormed() && httpUrl.test(text) && URL.canParse(text)
    ? text
    : undefined;
}

const longestZoneName = 64;
// Excludes offsets, which Temporal accepts as zones, and names that only ICU knows.
const zoneName = /^(?!SystemV\/)[a-z][\w+-]*(?:\/[\w+-]+)*$/i;

/**
 * The name of an IANA time zone in its usual case, or null if there is no such zone. This alone decides which zones
 * exist (docs/decisions/0021-zones-words-and-nulls.md). A link keeps its own name, as in Temporal; Intl would turn
 * Asia/Kolkata into Asia/Calcutta and EST into America/Panama.
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
