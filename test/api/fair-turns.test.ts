import { describe, expect, test } from 'vitest';
import {
  ChangePasswordDocument,
  HelloDocument,
  SignInDocument,
  SignUpDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { newcomer, type Person } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp({ TRUST_PROXY: 'true' });
const at = (address: string, client = app.client) => client.with({ 'x-forwarded-for': address });

async function signIn(client: Client, login: string, password = 'not theirs at all'): Promise<string> {
  const { data, errors } = (await client.askOnce(SignInDocument, { input: { login, password } })).body;
  return codesOf(errors)[0] ?? data?.signIn?.userErrors[0]?.code ?? 'OK';
}

/** Tries many sign-ins with unknown logins at once; resolves once they have begun to be checked. */
async function flood(size: number, addressOf: (number: number) => string) {
  const codes: string[] = [];
  const all = Array.from({ length: size }, async (_, number) => {
    codes.push(await signIn(at(addressOf(number)), unique('nobody')));
  });
  const checked = () => codes.filter((code) => code === 'CREDENTIALS_INVALID').length;
  await eventually(() => checked() > 0);
  return {
    checked,
    /** How many had been checked when another request was served. */
    async checkedBefore(served: Promise<string>): Promise<number> {
      expect(await served).toBe('OK');
      return checked();
    },
    ended: () => Promise.all(all),
  };
}

const home = '203.0.113.7';
const newPassword = 'seven quiet lanterns';
const change = async ({ client, password: currentPassword }: Person) =>
  client.refused(ChangePasswordDocument, { input: { currentPassword, newPassword } });

describe('250 sign-ins at once', () => {
  test('from one address hold nobody up elsewhere', async () => {
    const [person, other] = [await app.seed.user(), await app.seed.user()];
    const attack = await flood(250, () => '192.0.2.1');
    const before = await Promise.all(
      [
        signIn(at('192.0.2.2'), person.username, person.password),
        app.client.mutate(SignUpDocument, { input: newcomer({}) }).then(() => 'OK'),
        change(other).then(([refused]) => refused?.[0] ?? 'OK'),
      ].map(attack.checkedBefore),
    );
    // A request that waited for the whole queue would see more than a hundred.
    const [elsewhere, ...known] = before;
    expect(elsewhere).toBeLessThan(80);
    expect(Math.min(...known)).toBeLessThan(80);
    expect(await app.client.fails(HelloDocument)).toEqual([]);
    await attack.ended();
    expect(attack.checked()).toBeGreaterThan(80);
  });

  test('from as many addresses hold nobody up who is signed in, or has signed in there before', async () => {
    const [person, other] = [await app.seed.user(), await app.seed.user()];
    expect(await signIn(at(home), person.username, person.password)).toBe('OK');
    const attack = await flood(250, (number) => `198.51.100.${number}`);
    const before = await Promise.all(
      [
        signIn(at(home), person.email, person.password),
        change(other).then(([refused]) => refused?.[0] ?? 'OK'),
      ].map(attack.checkedBefore),
    );
    expect(Math.min(...before)).toBeLessThan(80);
    await attack.ended();
  });
});
