import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { readPassword } from '../src/commands/password.ts';
import { run } from './built-command.ts';
import {
  AuditEventsDocument,
  RecordEventsDocument,
  SetRoleDocument,
  SignInDocument,
} from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import { Client } from './kit/client.ts';
import { createSite } from './kit/site.ts';
import { unique } from './kit/unique.ts';

// Most tests start processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

const tables = ['account', 'quest', 'reward', 'wallet', 'migration'];

describe('user:create', () => {
  const password = 'plum violin harbour';

  function argsOf(fields: Readonly<Record<string, string>>): string[] {
    return Object.entries(fields).map(([name, value]) => `--${name}=${value}`);
  }

  it('makes an account that can sign in, of any role', async () => {
    const { site, url } = await startApp();
    const username = unique('boss');
    const fields = {
      username,
      email: `${username}@example.com`,
      role: 'ADMIN',
      'display-name': 'The Boss',
      'time-zone': 'europe/lisbon',
    };
    const call = { args: argsOf(fields), variables: site.variables, input: `${password}\nnot this line\n` };
    const { code, output, errors } = await run('user-create', call);
    expect([code, errors]).toEqual([0, '']);
    const { account } = await new Client(url).mutate(SignInDocument, {
      input: { login: username, password },
    });
    expect(output).toBe(`The account ${username} was created with the role ADMIN: ${account.id}\n`);
    expect(account).toMatchObject({ role: 'ADMIN', user: { username, displayName: 'The Boss' } });
    const [row] = await site.sql('select time_zone from account where username = $1', username);
    expect(row).toEqual({ time_zone: 'Europe/Lisbon' });
  });

  it('makes a SERVICE, which signs in, records for others, and may do nothing that is for admins', async () => {
    const { site, url, seed } = await startApp();
    const username = unique('jobs');
    const args = argsOf({ username, email: `${username}@example.com`, role: 'SERVICE' });
    expect((await run('user-create', { args, variables: site.variables, input: password })).code).toBe(0);
    const nobody = new Client(url);
    const { accessToken } = await nobody.mutate(SignInDocument, { input: { login: username, password } });
    const service = nobody.as({ accessToken });
    const person = await seed.user();
    const event = {
      eventId: crypto.randomUUID(),
      eventType: unique('test.'),
      timestamp: new Date().toISOString(),
      userId: person.id,
    };
    const { results } = await service.mutate(RecordEventsDocument, { input: { events: [event] } });
    expect(results.map(({ outcome }) => outcome)).toEqual(['ACCEPTED']);
    const before = await site.contents(...tables);
    expect(await service.fails(AuditEventsDocument)).toEqual(['FORBIDDEN']);
    const input = { userId: person.id, role: 'ADMIN' } as const;
    expect(await service.fails(SetRoleDocument, { input })).toEqual(['FORBIDDEN']);
    expect(await site.contents(...tables)).toBe(before);
    const created = await site.sql(
      `select actor_id, detail, ip_address from audit_event e left join audit_origin on audit_event_id = e.id
      where action = 'account.created' and subject_id = (select id from account where username = $1)`,
      username,
    );
    expect(created).toEqual([{ actor_id: null, detail: { role: 'SERVICE' }, ip_address: null }]);
  });

  it('makes a USER named as the username where nothing else is said', async () => {
    const site = await createSite();
    const username = unique('u');
    const args = argsOf({ username, email: `${username}@example.com` });
    expect(await run('user-create', { args, variables: site.variables, input: password })).toMatchObject({
      code: 0,
    });
    expect(await site.sql('select role, status, display_name, time_zone from account')).toEqual([
      { role: 'USER', status: 'NEW', display_name: username, time_zone: 'UTC' },
    ]);
    expect(await site.sql('select account_id is null as system from wallet')).toContainEqual({
      system: false,
    });
  });

  it('names every option that is wrong', async () => {
    const args = argsOf({ email: 'nowhere', role: 'KING', 'time-zone': 'Mars', 'display-name': ' ' });
    const { code, output, errors } = await run('user-create', { args, input: password });
    expect([code, output]).toEqual([1, '']);
    expect(errors.split('\n').map((line) => line.split(': ')[0]?.trim())).toEqual([
      'The account was not created:',
      '--email',
      '--username',
      '--role',
      '--display-name',
      '--time-zone',
      '',
    ]);
  });

  it.each([
    [
      'one that is too short',
      'short\n',
      'The account was not created:\n  password: Must have 10 to 128 characters.\n',
    ],
    ['none', '', 'Standard input holds no password.\n'],
  ])('refuses a password: %s', async (_what, input, errors) => {
    const args = argsOf({ username: 'somebody', email: 'somebody@example.com' });
    expect(await run('user-create', { args, input })).toEqual({ code: 1, output: '', errors });
  });

  it('says what is taken, and makes nothing', async () => {
    const { seed, site } = await startApp();
    const { username, email } = await seed.user();
    const before = await site.contents(...tables);
    const args = argsOf({ username: username.toUpperCase(), email: email.toUpperCase() });
    const { code, errors } = await run('user-create', { args, variables: site.variables, input: password });
    expect(code).toBe(1);
    expect(errors).toMatch(/^The account was not created:\n {2}--email: .+\n {2}--username: .+\n$/);
    expect(await site.contents(...tables)).toBe(before);
  });
});

describe('the password of a terminal', () => {
  /** A person who types one line at each prompt. */
  function terminal(...lines: readonly string[]) {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
    const output = new PassThrough();
    const shown: string[] = [];
    const typed = lines[Symbol.iterator]();
    output.on('data', (chunk: Buffer) => {
      shown.push(String(chunk));
      if (String(chunk).endsWith(': ')) input.write(typed.next().value ?? '');
    });
    return { input, output, shown };
  }

  it('is asked twice, and not shown', async () => {
    const { shown, ...source } = terminal('plum violin\r', 'plum violin\r');
    expect(await readPassword(source)).toBe('plum violin');
    expect(shown.join('')).toBe('Password: \nRepeat the password: \n');
  });

  it('is refused where the two differ', async () => {
    await expect(readPassword(terminal('plum violin\r', 'plum viola\r'))).rejects.toThrow(
      'The two passwords differ.',
    );
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is given up by %s', async (_name, key) => {
    await expect(readPassword(terminal(key))).rejects.toThrow('No password was given.');
  });
});
