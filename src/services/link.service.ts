import { z } from 'zod';
import type { Credentials } from '../auth/credentials.ts';
import type { Device } from '../auth/device.ts';
import type { Provider } from '../auth/provider.ts';
import { unauthenticated, type Viewer } from '../auth/viewer.ts';
import type { WayBack } from '../auth/way-back.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, url } from '../domain/fields.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import { audit } from './audit.ts';
import { proofOf } from './identities.ts';
import type { Notifier } from './notifier.ts';
import { issueCode } from './one-time-code.ts';
import type { TitleOf } from './password-notice.ts';
import type { SessionService } from './session.service.ts';

export interface LinkServiceOptions {
  readonly database: Database;
  readonly credentials: Credentials;
  /** The providers in use, by name. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly titleOf: TitleOf;
  readonly wayBack: WayBack;
  readonly sessions: SessionService;
  readonly notifier: Notifier;
}

export interface LinkFields {
  readonly provider: string;
  readonly returnTo?: string | null;
  readonly currentPassword?: string | null;
}

/** Rules whose output is the provider itself, and the allowed page to return to. */
function linkRules({ providers, wayBack }: Pick<LinkServiceOptions, 'providers' | 'wayBack'>) {
  return z.object({
    provider: z.string().transform((name, context) => {
      const provider = providers.get(name);
      if (provider !== undefined) return provider;
      context.addIssue({ code: 'custom', message: 'There is no such provider.' });
      return z.NEVER;
    }),
    returnTo: url.nullish().transform((given, context) => {
      const returnTo = wayBack.check(given);
      if (returnTo !== null) return returnTo;
      context.addIssue({ code: 'custom', message: 'The server does not allow this address.' });
      return z.NEVER;
    }),
  });
}

interface UnlinkedAccount {
  readonly accountId: string;
}

/** Links providers to accounts, so that they can sign people in (docs/decisions/0018-ways-in.md). */
export class LinkService {
  readonly #options: LinkServiceOptions;

  readonly #linkRules;

  constructor(options: LinkServiceOptions) {
    this.#options = options;
    this.#linkRules = linkRules(options);
  }

  /**
   * Returns the address at which the viewer's browser begins to link a provider to their account.
   * @returns INVALID for a provider that is not in use and for a page that is not allowed, TAKEN if the account has an
   *   identity of that provider, CREDENTIALS_INVALID if the viewer does not prove who they are: by the password, or if
   *   the account has none, by a session that began less than 10 minutes ago
   */
  async linkProvider(
    viewer: Viewer,
    input: LinkFields,
    device: Device,
  ): Promise<{ authorizationUrl: string } | Refusal> {
    const { database, credentials, wayBack } = this.#options;
    const fields = check(this.#linkRules, input);
    if (fields instanceof Refusal) return fields;
    const { provider, returnTo } = fields;
    const { accountId, sessionId } = viewer;
    const confirmed = await credentials.confirm(accountId, input.currentPassword ?? null, device);
    if (confirmed === null) return passwordInvalid();
    const { passwordHash } = confirmed;
    const { name, title } = provider;
    return transaction(database, async (tx) => {
      const doubt = await doubtOf(tx, viewer, passwordHash);
      if (doubt !== null) return doubt;
      if ((await tx.query(identityOfProvider, [accountId, name])).length > 0)
        return refuse('TAKEN', `${title} is already linked to this account.`, ['provider']);
      const proof = proofOf(passwordHash);
      const code = await issueCode(tx, 'LINK', { accountId, sessionId, provider: name, returnTo, proof });
      return { authorizationUrl: `${wayBack.startOf(name)}?link=${code}` };
    });
  }

  /**
   * Unlinks a provider from the viewer's account, and ends the sessions that began through it, except the current one.
   * @returns NOT_FOUND if it is not linked, NOT_AVAILABLE if it is the only way to sign in to the account
   */
  async unlinkProvider(viewer: Viewer, provider: string, device: Device): Promise<UnlinkedAccount | Refusal> {
    const { accountId } = viewer;
    return transaction(this.#options.database, async (tx) => {
      const [account] = await tx.query(lockAccount, [accountId]);
      if (account === undefined) throw unauthenticated();
      const linked = (await tx.query(identitiesOfAccount, [accountId])).map((identity) => identity.provider);
      if (!linked.includes(provider))
        return refuse('NOT_FOUND', 'This provider is not linked to the account.', ['provider']);
      if (!account.hasPassword && !this.#signsIn(linked.filter((other) => other !== provider)))
        return refuse('NOT_AVAILABLE', 'This is the last way to sign in to the account.', ['provider']);
      for (const removal of removals) await tx.query(removal, [accountId, provider]);
      await this.#tell(tx, viewer, provider, device);
      return { accountId };
    });
  }

  /** Whether any of these providers is in use; one that is not signs nobody in. */
  #signsIn(linked: readonly string[]): boolean {
    return linked.some((provider) => this.#options.providers.has(provider));
  }

  async #tell(tx: Transaction, viewer: Viewer, provider: string, device: Device): Promise<void> {
    const { accountId } = viewer;
    const { sessions, notifier, titleOf } = this.#options;
    await sessions.endBegunThrough(tx, provider, viewer);
    const who = { actorId: accountId, subjectId: accountId, device };
    await audit(tx, { action: 'identity.unlinked', ...who, detail: { provider } });
    notifier.notify(tx, {
      accountId,
      kind: 'SYSTEM',
      title: `${titleOf(provider)} was unlinked from your account`,
      body: 'It no longer signs you in, and sessions that began through it have ended.',
      subject: { type: 'account', uuid: accountId },
    });
  }
}

/** Why the viewer may not be the owner; null if they are, which stays true until the transaction ends. */
async function doubtOf(
  tx: Transaction,
  { accountId, sessionId }: Viewer,
  passwordHash: string | null,
): Promise<Refusal | null> {
  const [standing] = await tx.query(holdViewer, [accountId, sessionId]);
  if (standing === undefined) throw unauthenticated();
  // The password may have changed since it was checked.
  if (standing.passwordHash !== passwordHash) return passwordInvalid();
  return passwordHash === null && !standing.isFresh ? sessionStale() : null;
}

function passwordInvalid(): Refusal {
  return refuse('CREDENTIALS_INVALID', 'The password is wrong.', ['currentPassword']);
}

function sessionStale(): Refusal {
  return refuse('CREDENTIALS_INVALID', 'Sign in again first: the session has to be younger than 10 minutes.');
}

// The age counts from the sign-in, because anyone who has a token can refresh it.
const holdViewer = statement<{ passwordHash: string | null; isFresh: boolean }>(
  'link.hold_viewer',
  `select a.password_hash as "passwordHash", s.created_at > now() - interval '10 minutes' as "isFresh"
  from account a join session s on s.account_id = a.id
  where a.id = $1 and a.status <> 'SUSPENDED' and a.deleted_at is null and s.id = $2 and s.ended_at is null
  for share of a`,
);

const identityOfProvider = statement(
  'link.identity_of_account',
  'select from identity where account_id = $1 and provider = $2',
);

// Makes concurrent calls take turns, also with those that link a provider or sign in.
const lockAccount = statement<{ hasPassword: boolean }>(
  'link.lock_account',
  `select password_hash is not null as "hasPassword" from account
  where id = $1 and status <> 'SUSPENDED' and deleted_at is null for no key update`,
);

const identitiesOfAccount = statement<{ provider: string }>(
  'link.identities_of_account',
  'select provider from identity where account_id = $1',
);

/** Also removes what is under way to link the provider again. */
const removals = [
  statement('link.remove_identity', 'delete from identity where account_id = $1 and provider = $2'),
  statement(
    'link.remove_codes',
    `delete from one_time_code where account_id = $1 and provider = $2 and purpose = 'LINK'`,
  ),
  statement('link.remove_flows', 'delete from sign_in_flow where account_id = $1 and provider = $2'),
];
