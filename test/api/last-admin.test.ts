import { describe, expect, test } from 'vitest';
import {
  DeleteAccountDocument,
  DeleteUserDocument,
  SetRoleDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { everything } from './everything.ts';

/** Every way to have one admin fewer; each returns the codes of its refusal. */
const attacks: Readonly<Record<string, (by: Person, on: Person) => Promise<string[]>>> = {
  'setRole to USER': (by, on) =>
    codes(by.client.ask(SetRoleDocument, { input: { userId: on.id, role: 'USER' } })),
  'setRole to SERVICE': (by, on) =>
    codes(by.client.ask(SetRoleDocument, { input: { userId: on.id, role: 'SERVICE' } })),
  suspendAccount: (by, on) =>
    codes(by.client.ask(SuspendAccountDocument, { input: { userId: on.id, suspended: true } })),
  deleteUser: (by, on) => codes(by.client.ask(DeleteUserDocument, { input: { userId: on.id } })),
  deleteAccount: (by) => codes(by.client.ask(DeleteAccountDocument, { input: { password: by.password } })),
};

interface Asked {
  readonly body: {
    readonly data?: {
      readonly [field: string]: { readonly userErrors: readonly { code: string }[] } | null;
    } | null;
    readonly errors?: Parameters<typeof codesOf>[0];
  };
}

async function codes(asked: Promise<Asked>): Promise<string[]> {
  const { data, errors } = (await asked).body;
  return [
    ...codesOf(errors),
    ...Object.values(data ?? {}).flatMap((payload) => payload?.userErrors.map(({ code }) => code) ?? []),
  ];
}

describe('the last admin', () => {
  test('can be neither deleted, suspended nor made something else', async () => {
    const { client, seed, site } = await startApp();
    const [last, suspended, deleted] = [await seed.admin(), await seed.admin(), await seed.admin()];
    await Promise.all([seed.user(), seed.service()]);
    const { suspendAccount, deleteUser } = attacks;
    expect(await suspendAccount?.(last, suspended)).toEqual([]);
    expect(await deleteUser?.(last, deleted)).toEqual([]);
    // An admin as an earlier release may have left them when it deleted the account.
    const { username } = await seed.admin();
    await site.sql('update account set deleted_at = now(), email = null where username = $1', username);
    const before = await everything(site);
    for (const [name, attack] of Object.entries(attacks))
      expect([name, await attack(last, last)]).toEqual([name, ['NOT_AVAILABLE']]);
    expect(await everything(site)).toBe(before);
    expect((await last.client.run(ViewerDocument)).viewer?.role).toBe('ADMIN');
    const { id: userId } = last;
    const named = [['NOT_AVAILABLE', 'input.userId']];
    const { client: own, password } = last;
    expect(await own.refused(SetRoleDocument, { input: { userId, role: 'USER' } })).toEqual(named);
    expect(await own.refused(SuspendAccountDocument, { input: { userId, suspended: true } })).toEqual(named);
    expect(await own.refused(DeleteUserDocument, { input: { userId } })).toEqual(named);
    expect(await own.refused(DeleteAccountDocument, { input: { password } })).toEqual([
      ['NOT_AVAILABLE', null],
    ]);
    expect(await client.as(last).run(ViewerDocument)).toMatchObject({ viewer: { id: last.accountId } });
  });

  test.each(Object.keys(attacks))('may go by %s once there is another', async (name) => {
    const { seed } = await startApp();
    const [one, other] = [await seed.admin(), await seed.admin()];
    expect(await attacks[name]?.(one, one)).toEqual([]);
    expect(await attacks[name]?.(other, other)).toEqual(['NOT_AVAILABLE']);
  });

  test.each([
    ['on each other', 2, ([one, other]: Person[], n: number) => (n % 2 ? [one, other] : [other, one])],
    ['on themselves', 2, (admins: Person[], n: number) => [admins[n % 2], admins[n % 2]]],
    [
      'on each other and themselves, of five',
      5,
      (admins: Person[], n: number) => [admins[n % 5], admins[Math.floor(n / 5) % 5]],
    ],
  ] as const)('is left by 50 attempts of all kinds at once %s', async (_, count, pick) => {
    const { seed, site } = await startApp();
    const kinds = Object.values(attacks);
    for (let round = 0; round < 3; round++) {
      await site.sql(`update account set role = 'USER' where role = 'ADMIN'`);
      const admins: Person[] = [];
      for (let n = 0; n < count; n++) admins.push(await seed.admin());
      const results = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const [by, on] = pick(admins, n);
          const attack = kinds[(n + round) % kinds.length];
          return by && on && attack ? attack(by, on) : [];
        }),
      );
      // An account that is no longer an admin gets the code of the first check that fails.
      const expected = ['NOT_AVAILABLE', 'UNAUTHENTICATED', 'NOT_FOUND', 'CREDENTIALS_INVALID'];
      expect(results.flat().filter((code) => !expected.includes(code))).toEqual([]);
      const left = await site.sql<{ username: string }>(
        `select username from account where role = 'ADMIN' and status <> 'SUSPENDED' and deleted_at is null`,
      );
      expect(left).toHaveLength(1);
      const survivor = admins.find(({ username }) => username === left[0]?.username);
      expect((await survivor?.client.run(ViewerDocument))?.viewer?.role).toBe('ADMIN');
    }
  });
});
