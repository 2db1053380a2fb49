import { AsyncLocalStorage } from 'node:async_hooks';
import { LRUCache } from 'lru-cache';
import * as openid from 'openid-client';
import type { ProviderSettings } from '../provider-settings.ts';

/** An account at a provider, and what the provider says about its owner. */
export interface ProvenIdentity {
  /** Together with the subject, what the provider promises to keep. */
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What only this server and the browser's trip through the provider share. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Why a sign-in through a provider failed. */
export class ProviderFailure {
  readonly error: 'access_denied' | 'temporarily_unavailable';
  /** For the log: a word from the library or from OAuth, never the provider's own text. */
  readonly reason: string;

  constructor(error: ProviderFailure['error'], reason: string) {
    this.error = error;
    this.reason = reason;
  }
}

/** Time limit of everything that is asked of a provider for one browser, in seconds. */
const patience = 4;
/** How long a provider's metadata is used, in ms. */
const freshFor = 3_600_000;

/** Aborts when a browser's time is up: the library gives each request its own time, and makes up to four. */
const timeIsUp = new AsyncLocalStorage<AbortSignal | undefined>();

/** One OpenID provider: the authorization code flow with PKCE (RFC 7636), state and nonce, as RFC 9700 requires. */
export class Provider {
  readonly #settings: ProviderSettings;
  readonly #timeout: number;
  /** Has one entry. Callers at the same time share one request. If it fails, the old metadata is used, if any. */
  readonly #discovered: LRUCache<string, openid.Configuration>;

  constructor(settings: ProviderSettings, timeout = patience) {
    this.#settings = settings;
    this.#timeout = timeout;
    this.#discovered = new LRUCache({
      max: 1,
      ttl: freshFor,
      allowStaleOnFetchRejection: true,
      // Callers at the same time share it, so nobody's own time limit may end it.
      fetchMethod: () => timeIsUp.run(undefined, () => discover(settings, timeout)),
    });
  }

  get name(): string {
    return this.#settings.name;
  }

  get title(): string {
    return this.#settings.title;
  }

  /**
   * The URL to send the browser to.
   * @param prompt what the provider has to ask its user, even if it did before
   */
  async authorizationUrl(
    redirectUri: string,
    { state, nonce, codeVerifier }: FlowSecrets,
    prompt?: string,
  ): Promise<URL | ProviderFailure> {
    try {
      return openid.buildAuthorizationUrl(await this.#configuration(), {
        redirect_uri: redirectUri,
        scope: this.#settings.scope,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(prompt !== undefined && { prompt }),
      });
    } catch (error) {
      return new ProviderFailure('temporarily_unavailable', reasonOf(error));
    }
  }

  /**
   * Exchanges the code of a callback, and checks the result: the issuer of the answer (RFC 9207), state and PKCE; of
   * the id token the signature, issuer, audience, times and nonce.
   * @param callback the URL that the browser came back to
   */
  prove(callback: URL, secrets: FlowSecrets): Promise<ProvenIdentity | ProviderFailure> {
    const signal = AbortSignal.timeout(this.#timeout * 1_000);
    return timeIsUp.run(signal, () => this.#prove(callback, secrets));
  }

  async #prove(
    callback: URL,
    { state, nonce, codeVerifier }: FlowSecrets,
  ): Promise<ProvenIdentity | ProviderFailure> {
    try {
      const configuration = await this.#configuration();
      const tokens = await openid.authorizationCodeGrant(configuration, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined || !isSubject(claims.sub))
        return new ProviderFailure('access_denied', 'SUBJECT');
      return {
        issuer: claims.iss,
        subject: claims.sub,
        claims: await profileOf(configuration, tokens.access_token, claims),
      };
    } catch (error) {
      return new ProviderFailure(
        isAway(error) ? 'temporarily_unavailable' : 'access_denied',
        reasonOf(error),
      );
    }
  }

  async #configuration(): Promise<openid.Configuration> {
    const configuration = await this.#discovered.fetch(this.name);
    if (configuration === undefined) throw new Error('A provider told nothing of itself.');
    return configuration;
  }
}

async function discover(settings: ProviderSettings, timeout: number): Promise<openid.Configuration> {
  const { issuer, clientId, clientSecret } = settings;
  return openid.discovery(new URL(issuer), clientId, clientSecret, undefined, {
    timeout,
    [openid.customFetch]: fetchInTime,
    execute: [
      // Without it the library relies on TLS alone for the id token, as OpenID Connect Core 3.1.3.7 allows.
      openid.enableNonRepudiationChecks,
      // Settings accept such an issuer only on this machine.
      ...(issuer.startsWith('http:') ? [openid.allowInsecureRequests] : []),
    ],
  });
}

const fetchInTime: openid.CustomFetch = (url, options) => {
  const signals = [options.signal, timeIsUp.getStore()].filter((signal) => signal !== undefined);
  return fetch(url, { ...options, signal: AbortSignal.any(signals) });
};

/** OpenID Connect Core 2: at most 255 ASCII characters. */
function isSubject(subject: string): boolean {
  return /^[ -~]{1,255}$/.test(subject);
}

/** Providers describe people in the id token, as Google does, or only when asked; never partly in each. */
async function profileOf(
  configuration: openid.Configuration,
  accessToken: string,
  claims: openid.IDToken,
): Promise<Readonly<Record<string, unknown>>> {
  if (claims.email !== undefined || configuration.serverMetadata().userinfo_endpoint === undefined)
    return claims;
  return openid.fetchUserInfo(configuration, accessToken, claims.sub);
}

/** Whether it failed because of the provider: no answer, a late one, or one that says so. */
function isAway(error: unknown): boolean {
  if (error instanceof openid.AuthorizationResponseError)
    return error.error === 'temporarily_unavailable' || error.error === 'server_error';
  if (error instanceof Response) return error.status >= 500;
  if (!(error instanceof Error)) return false;
  const isNetwork =
    error.name === 'TimeoutError' || (error instanceof TypeError && error.message === 'fetch failed');
  return isNetwork || isAway(error.cause);
}

/** Such as OAUTH_JWT_CLAIM_COMPARISON_FAILED, or the name of an OAuth error. No other text has this form. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const words = [error.name, 'code' in error && error.code, 'error' in error && error.error];
  return words.filter((word) => typeof word === 'string' && /^\w{1,64}$/.test(word)).join(' ');
}
