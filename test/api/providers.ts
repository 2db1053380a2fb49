import { IdentitiesDocument, LinkProviderDocument, SignInWithCodeDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { Browser } from '../kit/browser.ts';
import { type Holder, type OpenId, startOpenId } from '../kit/openid.ts';
import type { Person } from '../kit/seed.ts';

/** A page of an app that is allowed as a redirect target. */
export const page = 'https://app.example.com/welcome?tab=1#top';

/** A Questline that knows an OpenID provider as Google. */
export async function startWithProvider(): Promise<{ app: App; openId: OpenId }> {
  const openId = await startOpenId();
  return { openId, app: await startApp({ ...openId.variables, CORS_ORIGINS: 'https://app.example.com' }) };
}

export function startOf({ url }: Pick<App, 'url'>, returnTo = page): string {
  return `${url}/auth/google?${new URLSearchParams({ returnTo })}`;
}

/** The whole flow in a new browser; returns what the page is told. */
export async function answerTo(app: App, holder: Holder): Promise<Record<string, string>> {
  return answerAt(await new Browser(holder).through(startOf(app)));
}

/** What a page is told; nothing of it comes from the provider. */
export function answerAt(at: URL): Record<string, string> {
  const { code, error } = Object.fromEntries(at.searchParams);
  return { ...(code !== undefined && { code }), ...(error !== undefined && { error }) };
}

/** Signs in with the code that the page is told. */
export async function signedIn(app: App, { code = '' }: Record<string, string>) {
  const payload = await app.client.mutate(SignInWithCodeDocument, { input: { code } });
  return { ...payload, client: app.client.as(payload) };
}

/** The address at which a person starts to link the provider. */
export async function linkOf(
  { client, password }: Pick<Person, 'client'> & Partial<Pick<Person, 'password'>>,
  returnTo = page,
): Promise<string> {
  const input = {
    provider: 'google',
    returnTo,
    ...(password !== undefined && { currentPassword: password }),
  };
  return (await client.mutate(LinkProviderDocument, { input })).authorizationUrl;
}

/** Links the provider; returns what the page is told. */
export async function link(person: Parameters<typeof linkOf>[0], holder: Holder) {
  return answerAt(await new Browser(holder).through(await linkOf(person)));
}

/** The providers that sign a person in. */
export async function identitiesOf({ client }: Pick<Person, 'client'>): Promise<string[] | undefined> {
  return (await client.run(IdentitiesDocument)).viewer?.identities.map(({ provider }) => provider);
}

/** The tables that a flow can write to, except the one with the flow's state. */
export const madeBySignIn = [
  'account',
  'wallet',
  'identity',
  'session',
  'refresh_token',
  'one_time_code',
  'recorded_event',
  'notification',
] as const;
