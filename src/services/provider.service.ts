import { Crowd } from '../auth/crowd.ts';
import { type Device, groupOf } from '../auth/device.ts';
import { type FlowSecrets, type Provider, ProviderFailure } from '../auth/provider.ts';
import { hasHash, newSecret } from '../auth/secret.ts';
import { type WayBack, type WayBackAnswer, withAnswer } from '../auth/way-back.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import type { Logger } from '../logger.ts';
import type { Admission } from './admission.ts';
import { usernamesOf } from './claimed-profile.ts';
import type { Arrival, Entered, Identities } from './identities.ts';
import { issueCode, redeemCode } from './one-time-code.ts';
import type { SessionService, SignedIn } from './session.service.ts';
import { closeFlow, type NewSignInFlow, openFlow } from './sign-in-flow.ts';

export interface ProviderServiceOptions {
  readonly database: Database;
  readonly log: Logger;
  /** The providers in use, by name. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly wayBack: WayBack;
  readonly identities: Identities;
  readonly admission: Admission;
  readonly sessions: SessionService;
}

/** What a browser begins with: the code of a link, or the page to return to if it is not this server's own. */
export interface Start {
  readonly link?: string | undefined;
  readonly returnTo?: string | undefined;
}

/** What a browser comes back with. */
export interface Return {
  readonly state: string;
  /** The query string from the provider, with its `?`. */
  readonly search: string;
  /** The value of the browser's cookie, if it has one. */
  readonly browser: string | undefined;
  readonly device: Device;
}

/** Sign-in through a provider, and linking one to an account (docs/decisions/0011-providers.md). */
export class ProviderService {
  readonly #options: ProviderServiceOptions;
  /** Each return makes a request to the provider, which may take seconds. */
  readonly #comingBack = new Crowd(200, 60);

  constructor(options: ProviderServiceOptions) {
    this.#options = options;
  }

  /** The providers in use. */
  get providers(): Iterable<Provider> {
    return this.#options.providers.values();
  }

  /** The URL of this server as clients see it. */
  get publicUrl(): string {
    return this.#options.wayBack.publicUrl;
  }

  /**
   * Begins a flow through a provider.
   * @param browser the secret in the browser's cookie, by which it is recognized when it comes back
   * @returns the URL to send the browser to; null if the page to return to is not allowed or the link's code is invalid
   */
  async begin(provider: Provider, start: Start, browser: string): Promise<string | null> {
    const secrets = { state: newSecret(), nonce: newSecret(), codeVerifier: newSecret() };
    const flow = await transaction(this.#options.database, async (tx) => {
      const aim = await this.#aimOf(tx, provider, start);
      if (aim !== null) await openFlow(tx, aim, secrets, browser);
      return aim;
    });
    if (flow === null) return null;
    // Linking always needs a click at the provider, in case somebody follows a link that another person made.
    const prompt = flow.owner === null ? undefined : 'consent select_account';
    const url = await provider.authorizationUrl(this.callbackOf(provider), secrets, prompt);
    return url instanceof ProviderFailure ? this.#fail(flow, url) : url.href;
  }

  /**
   * Ends the flow of a browser that a provider has sent back. Makes nothing unless everything matches.
   * @returns the URL to send the browser to; null if there is no such flow, and so no page to return to
   */
  async comeBack(provider: Provider, { state, search, browser, device }: Return): Promise<string | null> {
    const flow = await closeFlow(this.#options.database, provider.name, state);
    if (flow === null) return null;
    if (browser === undefined || !hasHash(browser, flow.browserHash))
      return this.#fail(flow, new ProviderFailure('access_denied', 'OTHER_BROWSER'));
    const secrets: FlowSecrets = { state, nonce: flow.nonce, codeVerifier: flow.codeVerifier };
    const callback = new URL(this.callbackOf(provider) + search);
    const proven = await this.#prove(provider, callback, secrets, device);
    if (proven instanceof ProviderFailure) return this.#fail(flow, proven);
    return withAnswer(flow.returnTo, await this.#enter(flow, { provider, proven, device }));
  }

  /**
   * Begins a session for a browser that came back with this code.
   * @returns TOKEN_INVALID if it is unknown, used or expired; CREDENTIALS_INVALID if the account was closed since
   */
  async signInWithCode(code: string, device: Device): Promise<SignedIn | Refusal> {
    const { database, admission, sessions } = this.#options;
    const used = await transaction(database, async (tx) => {
      const grant = await redeemCode(tx, 'SIGN_IN', code);
      if (grant === null) return codeInvalid();
      const { accountId, provider, issuedAt } = grant;
      const admitted = await admission.admit(tx, { accountId, passwordHash: null, provider }, device);
      // Read while the account is held: a transaction that unlinks the identity waits, or has committed by now.
      const linked = await tx.query(identityOfCode, [accountId, provider, issuedAt]);
      if (linked.length === 0) return codeInvalid();
      // Wrapped, because returning a Refusal would roll back, and the code could be used again.
      return { admitted };
    });
    if (used instanceof Refusal) return used;
    return used.admitted instanceof Refusal ? used.admitted : sessions.tokens(used.admitted);
  }

  /** The redirect URI. It must be registered with the provider, character by character. */
  callbackOf(provider: Provider): string {
    return `${this.#options.wayBack.startOf(provider.name)}/callback`;
  }

  async #prove(provider: Provider, callback: URL, secrets: FlowSecrets, { ipAddress }: Device) {
    const leave = this.#comingBack.enter(groupOf({ ipAddress }) ?? 'unknown');
    if (leave === null) return new ProviderFailure('temporarily_unavailable', 'TOO_MANY_AT_ONCE');
    try {
      return await provider.prove(callback, secrets);
    } finally {
      leave();
    }
  }

  async #aimOf(
    tx: Transaction,
    { name }: Provider,
    { link, returnTo }: Start,
  ): Promise<NewSignInFlow | null> {
    if (link === undefined) {
      const checked = this.#options.wayBack.check(returnTo);
      return checked === null ? null : { provider: name, returnTo: checked, owner: null };
    }
    const grant = await redeemCode(tx, 'LINK', link);
    if (grant?.provider !== name || grant.returnTo === null || grant.sessionId === null) return null;
    const { accountId, sessionId, proof } = grant;
    return { provider: name, returnTo: grant.returnTo, owner: { accountId, sessionId, proof } };
  }

  async #enter({ owner }: NewSignInFlow, arrival: Arrival): Promise<WayBackAnswer> {
    const { database, identities } = this.#options;
    if (owner !== null)
      return transaction(database, async (tx) =>
        answer(tx, arrival, await identities.link(tx, arrival, owner)),
      );
    for (const username of usernamesOf(arrival.proven.claims)) {
      const answered = await transaction(database, async (tx) => {
        const entered = await identities.enter(tx, arrival, username);
        return entered instanceof Refusal ? entered : answer(tx, arrival, entered);
      });
      if (!(answered instanceof Refusal)) return answered;
    }
    throw new Error('No username was found for somebody new.');
  }

  #fail({ provider, returnTo }: NewSignInFlow, { error, reason }: ProviderFailure): string {
    this.#options.log.warn({ provider, error, reason }, 'a sign-in through a provider failed');
    return withAnswer(returnTo, { error });
  }
}

async function answer(tx: Transaction, { provider }: Arrival, entered: Entered): Promise<WayBackAnswer> {
  if ('error' in entered) return entered;
  const { accountId } = entered;
  return { code: await issueCode(tx, 'SIGN_IN', { accountId, provider: provider.name }) };
}

function codeInvalid(): Refusal {
  return refuse('TOKEN_INVALID', 'The code is unknown, used or expired.', ['code']);
}

// An identity that was linked after the code was issued is not the one that the code was issued for.
const identityOfCode = statement(
  'provider.identity_of_code',
  'select from identity where account_id = $1 and provider = $2 and linked_at <= $3',
);
