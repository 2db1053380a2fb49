import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { parseId } from '../../src/domain/ids.ts';
import {
  AuditEventsDocument,
  ChangePasswordDocument,
  HelloDocument,
  NotificationsDocument,
  RefreshSessionDocument,
  SignInWithCodeDocument,
  UnlinkProviderDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { Browser } from '../kit/browser.ts';
import { Client } from '../kit/client.ts';
import { openLive } from '../kit/live.ts';
import { startOpenId } from '../kit/openid.ts';
import type { Person } from '../kit/seed.ts';
import { whenDone } from '../kit/when-done.ts';
import { overtaken } from './overtaken.ts';
import {
  answerAt,
  answerTo,
  identitiesOf,
  link,
  linkOf,
  madeBySignIn,
  signedIn,
  startWithProvider,
} from './providers.ts';

const { app, openId } = await startWithProvider();
const { site, seed, client } = app;

type Somebody = Pick<Person, 'client'>;
const input = { provider: 'google' };
const unlink = (who: Somebody) => who.client.refused(UnlinkProviderDocument, { input });
const lastTold = async (who: Somebody) =>
  (await who.client.run(NotificationsDocument)).viewer?.notifications.nodes[0];

/** Runs what must be refused, and checks that it changed nothing. */
async function changingNothing(work: () => Promise<unknown>): Promise<unknown> {
  await site.settled();
  const tables = [...madeBySignIn, 'sign_in_flow', 'audit_event'];
  const before = await site.contents(...tables);
  const result = await work();
  expect(await site.contents(...tables)).toBe(before);
  return result;
}

/** A person with a password and a linked provider. */
async function linkedPerson() {
  const person = await seed.user();
  const holder = openId.holder();
  await link(person, holder);
  return { person, holder };
}

describe('unlinkProvider', () => {
  test('takes the way in away: told to the owner, and audited', async () => {
    const { person, holder } = await linkedPerson();
    const { account } = await person.client.mutate(UnlinkProviderDocument, { input });
    expect(account.identities).toEqual([]);
    // The identity now signs a new person in.
    const other = await signedIn(app, await answerTo(app, holder));
    expect(other.account.id).not.toBe(person.accountId);
    expect(await lastTold(person)).toMatchObject({
      kind: 'SYSTEM',
      title: 'Google was unlinked from your account',
      subject: { id: person.accountId },
    });
    const boss = await seed.boss();
    const { auditEvents } = await boss.client.run(AuditEventsDocument, { userId: person.id });
    expect(auditEvents.nodes[0]).toMatchObject({
      action: 'identity.unlinked',
      actor: { id: person.id },
      subject: { id: person.id },
      detail: input,
      ipAddress: '127.0.0.1',
    });
    await link(person, openId.holder());
    expect(await identitiesOf(person)).toEqual(['google']);
  });

  test.each(['google', 'github', '', '__proto__'])(
    'is NOT_FOUND where %j is not linked',
    async (provider) => {
      const person = await seed.user();
      const refused = () => person.client.refused(UnlinkProviderDocument, { input: { provider } });
      expect(await changingNothing(refused)).toEqual([['NOT_FOUND', 'input.provider']]);
    },
  );

  test('leaves what other accounts have linked', async () => {
    const [{ person }, { person: other }] = [await linkedPerson(), await linkedPerson()];
    expect(await unlink(person)).toEqual([]);
    expect(await identitiesOf(other)).toEqual(['google']);
    expect(await unlink(person)).toEqual([['NOT_FOUND', 'input.provider']]);
  });

  test('is refused if it is the last way in, and a provider that is not in use is none', async () => {
    const somebody = await signedIn(app, await answerTo(app, openId.holder()));
    const last = [['NOT_AVAILABLE', 'input.provider']];
    expect(await changingNothing(() => unlink(somebody))).toEqual(last);
    await site.sql(
      `insert into identity (issuer, subject, provider, account_id) values ('https://gone.example', 'somebody', 'gone', $1)`,
      parseId(somebody.account.id).uuid,
    );
    expect(await changingNothing(() => unlink(somebody))).toEqual(last);
    const gone = { input: { provider: 'gone' } };
    expect(await somebody.client.refused(UnlinkProviderDocument, gone)).toEqual([]);
  });

  test('50 at once are one', async () => {
    const { person } = await linkedPerson();
    const answers = await Promise.all(Array.from({ length: 50 }, () => unlink(person)));
    expect(answers.filter((refused) => refused.length === 0)).toHaveLength(1);
    expect(answers.filter(([refused]) => refused?.[0] === 'NOT_FOUND')).toHaveLength(49);
  });

  test('two providers of an account without a password, 50 times at once: one stays', async () => {
    const { uuid, refusedOf } = await twoProviders();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) => refusedOf(number % 2 ? 'google' : 'other')),
    );
    expect(answers.filter((refused) => refused.length === 0)).toHaveLength(1);
    expect(await site.sql('select provider from identity where account_id = $1', uuid)).toHaveLength(1);
  });

  /** A person without a password at a Questline that knows two providers, both of which sign them in. */
  async function twoProviders() {
    const second = await startOpenId();
    const config = parseConfig({
      NODE_ENV: 'test',
      PORT: '0',
      SEED_DEMO: 'false',
      LOG_LEVEL: 'silent',
      STOP_GRACE: '1ms',
      ...openId.variables,
      ...site.variables,
    });
    const [google] = config.providers;
    if (google === undefined) throw new Error('No provider is in use.');
    const other = { ...google, name: 'other', title: 'Other', issuer: second.issuer };
    const process = await createApp({ ...config, providers: [google, other] });
    whenDone(() => process.close());
    const { account, accessToken } = await signedIn(app, await answerTo(app, openId.holder()));
    const { uuid } = parseId(account.id);
    const there = new Client(process.url).as({ accessToken });
    await site.sql(
      `insert into identity (issuer, subject, provider, account_id) values ($1, $2, 'other', $3)`,
      second.issuer,
      uuid,
      uuid,
    );
    return {
      uuid,
      refusedOf: (provider: string) => there.refused(UnlinkProviderDocument, { input: { provider } }),
    };
  }
});

describe('with the provider goes', () => {
  test('what was signed in through it, on open sockets too, but for the present session', async () => {
    const { person, holder } = await linkedPerson();
    const [stays, goes, present] = [
      await seed.signIn(person),
      await signedIn(app, await answerTo(app, holder)),
      await signedIn(app, await answerTo(app, holder)),
    ];
    const socket = openLive(goes.client);
    await socket.run(ViewerDocument);
    expect(await unlink(present)).toEqual([]);
    expect(await goes.client.fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
    expect(await socket.closed()).toMatchObject({ code: 4403 });
    const { refreshToken } = goes;
    expect(await client.refused(RefreshSessionDocument, { input: { refreshToken } })).toEqual([
      ['TOKEN_INVALID', 'input.refreshToken'],
    ]);
    for (const who of [person, stays, present])
      expect((await who.client.run(ViewerDocument)).viewer?.id).toBe(person.accountId);
  });

  test('the code that somebody has come back with, also after another was linked', async () => {
    const { person, holder } = await linkedPerson();
    const [before, later] = [await answerTo(app, holder), await answerTo(app, holder)];
    const redeem = ({ code = '' }: Record<string, string>) =>
      changingNothing(() => client.refused(SignInWithCodeDocument, { input: { code } }));
    expect(await unlink(person)).toEqual([]);
    expect(await redeem(before)).toEqual([['TOKEN_INVALID', 'input.code']]);
    const own = openId.holder();
    await link(person, own);
    expect(await redeem(later)).toEqual([['TOKEN_INVALID', 'input.code']]);
    expect((await signedIn(app, await answerTo(app, own))).account.id).toBe(person.accountId);
  });

  test('a sign-in that is under way', async () => {
    const { person, holder } = await linkedPerson();
    const { code = '' } = await answerTo(app, holder);
    const unlinking = `with gone as (delete from identity where account_id = $1)
      select from account where id = $1 for no key update`;
    const answers = await overtaken(site, [unlinking, parseId(person.accountId).uuid], () =>
      client.refused(SignInWithCodeDocument, { input: { code } }),
    );
    expect(answers).toEqual([[['TOKEN_INVALID', 'input.code']]]);
  });

  test('another link of it that is under way', async () => {
    const { person } = await linkedPerson();
    await site.sql('delete from identity where account_id = $1', parseId(person.accountId).uuid);
    const link2 = await linkOf(person);
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(await linkOf(person));
    await link(person, openId.holder());
    expect(await unlink(person)).toEqual([]);
    expect((await browser.get(callback)).status).toBe(400);
    expect((await browser.get(link2)).status).toBe(400);
    expect(await identitiesOf(person)).toEqual([]);
  });
});

describe('the notification of a new password', () => {
  const newPassword = 'seven quiet lanterns';
  const change = ({ client: who, password: currentPassword }: Person) =>
    who.mutate(ChangePasswordDocument, { input: { currentPassword, newPassword } });

  test('lists what is linked, or that nothing is', async () => {
    const { person } = await linkedPerson();
    const other = await seed.user();
    await Promise.all([change(person), change(other)]);
    expect(await lastTold(person)).toMatchObject({
      kind: 'SYSTEM',
      title: 'Your password was changed',
      body: expect.stringMatching(
        /These can still sign you in: .*Google\. Unlink any that you did not link\.$/,
      ),
    });
    expect((await lastTold(other))?.body).toMatch(/No provider is linked to your account\.$/);
  });

  test('lists what is being linked at that moment', async () => {
    const person = await seed.user();
    const linking = `with linked as (
      insert into identity (issuer, subject, provider, account_id) values ('https://gone.example', 'somebody else', 'gone', $1)
    ) select from account where id = $1 for share`;
    await overtaken(site, [linking, parseId(person.accountId).uuid], () => change(person));
    expect((await lastTold(person))?.body).toContain('can still sign you in: gone.');
  });

  test('a link made by who waits for it: denied', async () => {
    const person = await seed.user();
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(await linkOf(person));
    const [end] = await overtaken(
      site,
      [`update account set password_hash = 'another' where username = $1`, person.username],
      () => browser.next(callback),
    );
    expect(end && answerAt(end)).toEqual({ error: 'access_denied' });
    expect(await identitiesOf(person)).toEqual([]);
  });
});
