/** A person who stays signed in: an access token that is always valid, because `refreshSession` renews it in time. */
export interface Session {
  /**
   * The access token. Once most of its life is over it is renewed first, once for all who ask at the same time.
   * @throws SessionEnded if the server no longer renews it: sign in again. TypeError if the server cannot be reached.
   */
  token(): Promise<string>;
}

export class SessionEnded extends Error {}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface Answer {
  readonly data: { readonly payload: Tokens & { readonly userErrors: readonly { message: string }[] } };
  readonly errors?: readonly { message: string }[];
}

const fields = 'accessToken refreshToken userErrors { message }';
const signInMutation = `mutation ($input: SignInInput!) { payload: signIn(input: $input) { ${fields} } }`;
const refreshMutation = `mutation ($input: RefreshSessionInput!) { payload: refreshSession(input: $input) { ${fields} } }`;

/** @throws SessionEnded with the reason that the server gives */
export async function signIn(url: string, input: { login: string; password: string }): Promise<Session> {
  let tokens = await exchange(url, signInMutation, input);
  let renewAt = dueOf(tokens);
  let renewing: Promise<void> | undefined;
  const renew = async () => {
    tokens = await exchange(url, refreshMutation, { refreshToken: tokens.refreshToken });
    renewAt = dueOf(tokens);
  };
  return {
    async token() {
      if (Date.now() >= renewAt) {
        renewing ??= renew().finally(() => {
          renewing = undefined;
        });
        await renewing;
      }
      return tokens.accessToken;
    },
  };
}

/** When half of its life will be over, measured by its duration, because the clock of this machine may be wrong. */
function dueOf({ accessToken }: Tokens): number {
  const [, claims = ''] = accessToken.split('.');
  const { iat, exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
  return Date.now() + (exp - iat) * 500;
}

async function exchange(url: string, query: string, input: object): Promise<Tokens> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors }: Answer = JSON.parse(await response.text());
  // A temporary failure, such as an overloaded server, does not end the session: ask again later.
  if (errors) throw new Error(errors[0]?.message);
  const { userErrors, ...tokens } = data.payload;
  if (userErrors.length > 0) throw new SessionEnded(userErrors[0]?.message);
  return tokens;
}
