import { expect, test } from 'vitest';
import { email, timeZone, url } from '../../src/domain/fields.ts';

test.each([
  ['Europe/Lisbon', 'Europe/Lisbon'],
  ['europe/lisbon', 'Europe/Lisbon'],
  ['utc', 'UTC'],
  ['Etc/GMT+5', 'Etc/GMT+5'],
  ['america/port-au-prince', 'America/Port-au-Prince'],
  ['AMERICA/ARGENTINA/BUENOS_AIRES', 'America/Argentina/Buenos_Aires'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['Asia/Calcutta', 'Asia/Calcutta'],
  ['Europe/Kyiv', 'Europe/Kyiv'],
  ['Pacific/Apia', 'Pacific/Apia'],
])('TimeZone reads %s as %s', (text, zone) => {
  expect(timeZone.parse(text)).toBe(zone);
});

test('TimeZone knows every zone that the runtime knows', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    expect(timeZone.parse(zone)).toBe(zone);
    expect(timeZone.parse(zone.toLowerCase())).toBe(zone);
  }
});

test.each([
  '',
  'Z',
  '+01:00',
  '-0300',
  'UTC+1',
  'GMT+5',
  'Europe/Atlantis',
  'Europe',
  ' Europe/Lisbon',
  'Europe/Lisbon ',
  'Europe/Lisbon\0',
  'PST',
  'IST',
  'SystemV/PST8PDT',
  'Etc/Unknown',
  '2026-11-21T10:00[Europe/Lisbon]',
  '../../etc/passwd',
  `Europe/${'Lisbon'.repeat(20)}`,
])('TimeZone refuses %j', (text) => {
  expect(timeZone.safeParse(text).success).toBe(false);
});

test.each([
  'a@b.co',
  'Ada.Lovelace+quests@Example.COM',
  "o'brien_{x}@sub-domain.example.museum",
  'x@1.2.example',
  'x@xn--bcher-kva.example',
  `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}.io`,
])('EmailAddress takes %s as it is', (text) => {
  expect(email.parse(text)).toBe(text);
});

test.each([
  '',
  'ada',
  'ada@',
  '@example.com',
  'ada@example',
  'ada@@example.com',
  'a@b@example.com',
  ' ada@example.com',
  'ada@example.com ',
  'ada@example.com\n',
  'ada lovelace@example.com',
  '.ada@example.com',
  'ada.@example.com',
  'a..da@example.com',
  'ada@.example.com',
  'ada@example.com.',
  'ada@example..com',
  'ada@-example.com',
  'ada@example-.com',
  'ada@127.0.0.1',
  'ada@127.0.0.10',
  'ada@exam_ple.com',
  'ada@example.c',
  'Ada <ada@example.com>',
  'ada,bob@example.com',
  'ada@example.com\0',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(64)}.com`,
  `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(59)}.io`,
])('EmailAddress refuses %j', (text) => {
  expect(email.safeParse(text).success).toBe(false);
});

test.each([
  'http://example.com',
  'https://example.com/a/b.png?c=d&e=%20#f',
  'HTTPS://Example.com:8443/',
  'http://localhost:3000/return',
  'http://[::1]:4000/',
  'https://bücher.example/ä',
  `https://example.com/${'a'.repeat(2_028)}`,
])('URL takes %s as it is', (text) => {
  expect(url.parse(text)).toBe(text);
});

test.each([
  '',
  'example.com',
  '/a.png',
  '//example.com/a.png',
  'https:example.com',
  'https:/example.com',
  'https://',
  'https:///',
  'https://exa mple.com',
  'https://example.com/a b',
  ' https://example.com',
  'https://example.com\n',
  'https://example.com/\u0000',
  'https:\\\\example.com',
  'https://example.com\\@evil.example',
  'https://example.com:99999/',
  'https://[::1/',
  'ftp://example.com',
  'javascript:alert(1)',
  'data:text/html,x',
  `https://example.com/${'a'.repeat(2_029)}`,
])('URL refuses %j', (text) => {
  expect(url.safeParse(text).success).toBe(false);
});

test('URL refuses half a surrogate pair, which no document can hold', () => {
  expect(url.safeParse('https://example.com/\ud800').success).toBe(false);
});
