import { describe, expect, test } from 'vitest';
import { addressGroup, plainAddress } from '../../src/auth/address-group.ts';

describe('the group of an address', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['::ffff:1', '0:0:0:0::/64'],
    ['::ffff:0:1', '0.0.0.1'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['0000:0000:0000:0000:0000:FFFF:CB00:7109', '203.0.113.9'],
    ['::ffff:203.0.113.9%2', '203.0.113.9'],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::203.0.113.9', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:2:3:203.0.113.9', '2001:db8:0:1::/64'],
    ['1::8', '1:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80::2%wlan0', 'fe80:0:0:0::/64'],
  ])('%s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  test.each(['unknown', '1.2.3', '[::1]', '1.2.3.4:80', ''])(
    'of %j, which is no address, is the same',
    (text) => {
      expect(addressGroup(text)).toBe(text);
      expect(plainAddress(text)).toBeNull();
    },
  );
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['2001:DB8::A', '2001:db8::a'],
  ['FE80::1%eth0', 'fe80::1'],
])('people know %s as %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
