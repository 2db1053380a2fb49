import { describe, expect, test } from 'vitest';
import { WayBack, withAnswer } from '../../src/auth/way-back.ts';
import { allowedOrigins } from '../../src/transport/origins.ts';

const publicUrl = 'https://api.example.com/questline';
const named = ['https://app.example.com', 'http://intranet.example:8080', 'null'];
const wayBack = new WayBack({
  publicUrl: () => publicUrl,
  isAllowedOrigin: allowedOrigins(named, publicUrl, true),
});

describe('a page to go back to', () => {
  test.each([
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/a/b?c=d&code=1#e',
    'https://app.example.com?a',
    'https://app.example.com#a',
    'https://app.example.com//evil.example',
    'https://app.example.com/?next=https://evil.example',
    'https://app.example.com/@evil.example',
    'https://app.example.com/#@evil.example',
    'http://intranet.example:8080/x',
    'https://api.example.com/anything',
  ])('may be %s', (page) => {
    expect(wayBack.check(page)).toBe(new URL(page).href);
  });

  test('is this server where none is named', () => {
    expect(wayBack.check(undefined)).toBe(publicUrl);
    expect(wayBack.check(null)).toBe(publicUrl);
  });

  test.each([
    '',
    '/',
    '/welcome',
    'welcome',
    '//app.example.com',
    '//evil.example',
    '///evil.example',
    '\\\\evil.example',
    '/\\evil.example',
    'https:/\\evil.example',
    'https:\\\\app.example.com',
    'https://app.example.com\\@evil.example',
    'https://app.example.com\\.evil.example',
    'https://evil.example\\@app.example.com',
    'https://evil.example',
    'https://evil.example/https://app.example.com',
    'https://evil.example?https://app.example.com',
    'https://evil.example#https://app.example.com',
    'https://app.example.com.evil.example',
    'https://app.example.comevil.example',
    'https://app.example.com@evil.example',
    'https://app.example.com:443@evil.example',
    'https://app.example.com%40evil.example',
    'https://app.example.com%2eevil.example',
    'https://user@app.example.com',
    'https://user:password@app.example.com',
    'https://@app.example.com',
    'https://sub.app.example.com',
    'https://example.com',
    'https://app.example.com.',
    'https://app.example.com:8443',
    'https://app.example.com:443',
    'https://app.example.com:',
    'http://app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https:app.example.com',
    'https:///app.example.com',
    'https:/app.example.com',
    'https://аpp.example.com',
    'https://xn--pp-8cd.example.com',
    'https://ａpp.example.com',
    'https://app.example。com',
    'https://app.exa\u00admple.com',
    ' https://app.example.com',
    'https://app.example.com ',
    'https://app.example.com/\t',
    'https://app.exam\nple.com',
    'ht\ntps://app.example.com',
    'https://app.example.com/\r\nset-cookie: a=b',
    'https://app.example.com/\0',
    'https://app.example.com/\ud800',
    'javascript:alert(1)//https://app.example.com',
    'data:text/html,https://app.example.com',
    'blob:https://app.example.com/uuid',
    'file:///etc/passwd',
    'wss://app.example.com',
    'null',
    'http://intranet.example',
    'http://[::1]',
    'http://127.0.0.1:4000',
    `https://app.example.com/${'a'.repeat(2_000)}`,
  ])('may not be %j', (page) => {
    expect(wayBack.check(page)).toBeNull();
  });

  test('may in development be any of this machine, and no other', () => {
    const inDevelopment = new WayBack({
      publicUrl: () => 'http://127.0.0.1:4000',
      isAllowedOrigin: allowedOrigins(undefined, 'http://127.0.0.1:4000', false),
    });
    for (const page of [
      'http://localhost:5173/',
      'https://localhost/',
      'http://[::1]:3000/',
      'http://app.localhost/',
    ])
      expect(inDevelopment.check(page)).toBe(page);
    for (const page of [
      'http://localhost.evil.example/',
      'http://evil.example/',
      'http://localhost@evil.example/',
      'ftp://localhost/',
      'http://127.0.0.1.evil.example/',
      'http://2130706433/',
      'http://0x7f.1/',
    ])
      expect(inDevelopment.check(page)).toBeNull();
  });
});

test.each([
  ['https://app.example.com', 'https://app.example.com/?error=access_denied'],
  ['https://app.example.com/?a=b#c', 'https://app.example.com/?a=b&error=access_denied#c'],
  ['https://app.example.com/?code=1&error=2&code=3', 'https://app.example.com/?error=access_denied'],
])('the answer stands in the query of %s', (page, expected) => {
  expect(withAnswer(page, { error: 'access_denied' })).toBe(expected);
});
