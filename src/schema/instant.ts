// RFC 3339, section 5.6; its letters may be upper or lower case.
const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i;

const first = Date.parse('0001-01-01T00:00:00.000Z');
const last = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads an RFC 3339 date-time with an offset, truncated to milliseconds.
 * @returns undefined if it is malformed, if the calendar has no such day, for leap seconds (which a Date
 *   cannot hold), and outside the years 1 to 9999 in UTC
 */
export function parseInstant(text: string): Date | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  const number = (start: number, end: number) => Number(text.slice(start, end));
  const [month, day] = [number(5, 7) - 1, number(8, 10)];
  const [hour, minute, second] = [number(11, 13), number(14, 16), number(17, 19)];
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHour) > 23 || Number(offsetMinute) > 59)
    return undefined;
  const date = new Date(0);
  // Not Date.UTC, which maps the years 0 to 99 to 1900 to 1999.
  date.setUTCFullYear(number(0, 4), month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  const offset = (sign === '-' ? -60_000 : 60_000) * (Number(offsetHour) * 60 + Number(offsetMinute));
  const time = date.setUTCHours(hour, minute, second, Number(fraction.padEnd(3, '0').slice(0, 3))) - offset;
  return time >= first && time <= last ? new Date(time) : undefined;
}
