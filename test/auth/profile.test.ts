import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../src/domain/refusal.ts';
import type { ProfileFields, SignUpFields } from '../../src/services/account.service.ts';
import { granted, type Identity, newName, openIdentity, refused } from './identity.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());

describe('updateProfile', () => {
  const signedIn = async (fields: Partial<SignUpFields> = {}) => {
    const account = await identity.signUp(fields);
    const viewer = await identity.viewerOf(account.accessToken);
    return { ...account, update: (input: ProfileFields) => identity.accounts.updateProfile(viewer, input) };
  };

  test('changes what is given; what is left out stays', async () => {
    const { accountId, username, update } = await signedIn();
    const avatarUrl = 'https://images.example.com/a.png';
    expect(await update({ avatarUrl, displayName: ' Ada  ' })).toEqual({ accountId });
    expect(await identity.accountOf(accountId)).toMatchObject({
      displayName: 'Ada',
      avatarUrl,
      username,
      timeZone: 'UTC',
    });
    granted(await update({ timeZone: 'Asia/Tokyo', displayName: undefined }));
    expect(await identity.accountOf(accountId)).toMatchObject({
      displayName: 'Ada',
      avatarUrl,
      timeZone: 'Asia/Tokyo',
    });
    granted(await update({ avatarUrl: null }));
    expect(await identity.accountOf(accountId)).toMatchObject({
      displayName: 'Ada',
      avatarUrl: null,
      timeZone: 'Asia/Tokyo',
    });
    const renamed = newName();
    granted(await update({ username: renamed }));
    granted(await update({}));
    expect(await identity.accountOf(accountId)).toMatchObject({
      username: renamed,
      displayName: 'Ada',
      timeZone: 'Asia/Tokyo',
    });
    expect((await identity.accountOf(accountId))?.status).toBe('NEW');
    granted(await identity.signIn(renamed));
    refused(await identity.signIn(username));
  });

  test('null is INVALID where it may not be, each field named, and nothing is changed', async () => {
    const { accountId, update } = await signedIn();
    const before = await identity.accountOf(accountId);
    const input = { displayName: null, username: null, timeZone: null, avatarUrl: 'https://example.com/' };
    expect(refused(await update(input)).sort()).toEqual([
      ['INVALID', 'input.displayName'],
      ['INVALID', 'input.timeZone'],
      ['INVALID', 'input.username'],
    ]);
    for (const username of ['a', 'deleted-abc', 'DELETED-abc'])
      expect(refused(await update({ username }))).toEqual([['INVALID', 'input.username']]);
    expect(refused(await update({ displayName: 'x'.repeat(81) }))).toEqual([
      ['INVALID', 'input.displayName'],
    ]);
    expect(await identity.accountOf(accountId)).toEqual(before);
  });

  test('a username that someone else has, or a deleted person had, is TAKEN; one’s own in another case is not', async () => {
    const [one, two] = [await signedIn(), await signedIn()];
    const input = { username: two.username.toUpperCase(), displayName: 'Not to be' };
    expect(refused(await one.update(input))).toEqual([['TAKEN', 'input.username']]);
    const retired = newName();
    await identity.rows(`insert into retired_username values ($1, now() + interval '1 minute')`, [retired]);
    expect(refused(await one.update({ ...input, username: retired.toUpperCase() }))).toEqual([
      ['TAKEN', 'input.username'],
    ]);
    expect(await identity.accountOf(one.accountId)).toMatchObject({
      username: one.username,
      displayName: one.username,
    });
    granted(await one.update({ username: one.username.toUpperCase() }));
    expect((await identity.accountOf(one.accountId))?.username).toBe(one.username.toUpperCase());
    await identity.rows(
      `update retired_username set free_at = now() - interval '1 second' where username = $1`,
      [retired],
    );
    granted(await one.update({ username: retired }));
  });

  test('50 people who take the same name at once: one has it', async () => {
    const username = newName();
    const people = await Promise.all(Array.from({ length: 10 }, () => signedIn()));
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => people[i % 10]?.update({ username })),
    );
    const refusals = results.filter((result) => result instanceof Refusal);
    for (const refusal of refusals) expect(refused(refusal)).toEqual([['TAKEN', 'input.username']]);
    expect(refusals).toHaveLength(45);
    expect(await identity.count('account where username = $1', [username])).toBe(1);
  });
});
