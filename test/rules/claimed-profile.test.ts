import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileOf, usernamesOf, verifiedEmail } from '../../src/services/claimed-profile.ts';

describe('a username', () => {
  test.each([
    [{ preferred_username: 'Ada.Lovelace', email: 'x@example.com' }, 'ada.lovelace'],
    [{ email: 'ada.lovelace+quest@example.com', name: 'Ada' }, 'ada.lovelace'],
    [{ email: '"ada@home"@example.com' }, 'adahome'],
    [{ email: '1815@example.com', name: 'Ada King' }, 'adaking'],
    [{ name: 'Łukasz Żółć' }, 'ukaszzoc'],
    [{ name: 'Renée' }, 'renee'],
    [{ email: 'jo@example.com' }, 'user'],
    [{ name: '李' }, 'user'],
    [{ preferred_username: 'a'.repeat(31) }, 'a'.repeat(30)],
    [{ preferred_username: 'Deleted-x', email: 'deleted-x@example.com', name: 'Ada' }, 'ada'],
    [{ preferred_username: '12_Deleted-x' }, 'user'],
    [{ preferred_username: ['a'], email: 7, name: null }, 'user'],
    [{}, 'user'],
  ])('of %j is %s', (claims, username) => {
    expect(usernamesOf(claims)[0]).toBe(username);
  });

  test('is a good one, at every try, whatever a provider says', () => {
    fc.assert(
      fc.property(
        fc.record({
          preferred_username: fc.anything(),
          email: fc.string(),
          name: fc.string({ unit: 'binary' }),
        }),
        (claims) => {
          const usernames = usernamesOf(claims);
          expect(usernames).toHaveLength(6);
          for (const username of usernames) expect(username).toMatch(/^(?!deleted-)[a-z][a-z0-9_.-]{2,29}$/);
        },
      ),
    );
  });
});

describe('a profile', () => {
  const none = { displayName: null, avatarUrl: null, timeZone: 'UTC' };

  test.each([
    [{ name: ' Ada \n Lovelace ' }, { displayName: 'Ada Lovelace' }],
    [{ name: 'e\u0301' }, { displayName: 'é' }],
    [{ name: '😀'.repeat(81) }, { displayName: '😀'.repeat(80) }],
    [{ name: '\u0000 ' }, {}],
    [{ name: { first: 'Ada' } }, {}],
    [{ picture: 'http://pictures.example/a.png' }, { avatarUrl: 'http://pictures.example/a.png' }],
    [{ picture: 'javascript:alert(1)' }, {}],
    [{ picture: 'data:image/png;base64,AAAA' }, {}],
    [{ picture: `https://pictures.example/${'a'.repeat(3_000)}` }, {}],
    [{ picture: 7 }, {}],
    [{ zoneinfo: 'Asia/Kolkata' }, { timeZone: 'Asia/Kolkata' }],
    [{ zoneinfo: 'Mars/Olympus' }, {}],
    [{ zoneinfo: '+01:00' }, {}],
  ])('takes of %j what is fit', (claims, expected) => {
    expect(profileOf(claims)).toEqual({ ...none, ...expected });
  });

  test('is one, whatever a provider says', () => {
    const claims = fc.record({
      name: fc.string({ unit: 'binary' }),
      picture: fc.anything(),
      zoneinfo: fc.anything(),
    });
    fc.assert(
      fc.property(claims, (given) => {
        const { displayName } = profileOf(given);
        if (displayName === null) return;
        expect([...displayName].length).toBeLessThanOrEqual(80);
        expect(displayName).not.toMatch(/\p{Cc}/u);
        expect(displayName.trim()).toBe(displayName);
        expect(displayName.isWellFormed()).toBe(true);
      }),
    );
  });
});

test.each([
  [{ email: 'a@example.com', email_verified: true }, 'a@example.com'],
  [{ email: 'a@example.com', email_verified: 'true' }, 'a@example.com'],
  [{ email: 'a@example.com', email_verified: 'TRUE' }, null],
  [{ email: 'a@example.com', email_verified: ['true'] }, null],
  [{ email: 'a@example.com' }, null],
  [{ email: 'a', email_verified: true }, null],
  [{ email_verified: true }, null],
])('the verified address of %j is %j', (claims, email) => {
  expect(verifiedEmail(claims)).toBe(email);
});
