import type { Device } from '../auth/device.ts';
import type { ProvenIdentity, Provider } from '../auth/provider.ts';
import { hashOf } from '../auth/secret.ts';
import type { SignInError } from '../auth/way-back.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { Refusal } from '../domain/refusal.ts';
import { createAccount } from './account.service.ts';
import { audit } from './audit.ts';
import { profileOf, verifiedEmail } from './claimed-profile.ts';
import type { Notifier } from './notifier.ts';
import type { OwnEventRecorder } from './recorder.ts';
import type { LinkOwner } from './sign-in-flow.ts';

/** Somebody whom a provider has vouched for, and their device. */
export interface Arrival {
  readonly provider: Pick<Provider, 'name' | 'title'>;
  readonly proven: ProvenIdentity;
  readonly device: Device;
}

/** The account of an identity, or why there is none. */
export type Entered = { readonly accountId: string } | { readonly error: SignInError };

/** Finds, makes and links the account of an identity at a provider. */
export class Identities {
  readonly #recorder: OwnEventRecorder;
  readonly #notifier: Notifier;

  constructor(recorder: OwnEventRecorder, notifier: Notifier) {
    this.#recorder = recorder;
    this.#notifier = notifier;
  }

  /**
   * Finds the account of an identity, or makes one, unless an account with the email exists: the person who controls an
   * address at a provider need not be the one who signed up with it here.
   * @param username for a new account
   * @returns a Refusal if the username is taken, so that another one may be tried
   */
  async enter(tx: Transaction, arrival: Arrival, username: string): Promise<Entered | Refusal> {
    const { provider, proven, device } = arrival;
    const known = await this.#holderOf(tx, proven);
    if (known !== null) return known.isOpen ? known : refused(tx, arrival, 'access_denied', known.accountId);
    const email = verifiedEmail(proven.claims);
    if (email === null) return refused(tx, arrival, 'email_unverified', null);
    const [holder] = await tx.query(holderOfEmail, [email]);
    if (holder !== undefined) return refused(tx, arrival, 'account_exists', holder.accountId);
    const { displayName, ...profile } = profileOf(proven.claims);
    const account = {
      ...profile,
      email,
      username,
      displayName: displayName ?? username,
      role: 'USER',
    } as const;
    const created = await createAccount(tx, { ...account, passwordHash: null }, device);
    if (created instanceof Refusal) return created;
    const { accountId } = created;
    await tx.query(insertIdentity, [proven.issuer, proven.subject, provider.name, accountId]);
    this.#recorder.recordOwn(tx, { accountId, eventType: 'user.signed_up', data: {} });
    await linked(tx, arrival, accountId);
    return { accountId };
  }

  /** Links an identity to the account that asked for it, if its session is still live and its password unchanged. */
  async link(
    tx: Transaction,
    arrival: Arrival,
    { accountId, sessionId, proof }: LinkOwner,
  ): Promise<Entered> {
    const { provider, proven } = arrival;
    const known = await this.#holderOf(tx, proven);
    const [owner] = await tx.query(holdOwner, [accountId, sessionId]);
    if (owner === undefined || proofOf(owner.passwordHash) !== proof)
      return refused(tx, arrival, 'access_denied', accountId);
    if (known !== null)
      return known.accountId === accountId
        ? { accountId }
        : refused(tx, arrival, 'account_exists', accountId);
    const values = [proven.issuer, proven.subject, provider.name, accountId];
    const rows = await tx.query(insertIdentity, values);
    // The account has got another identity of this provider since it asked for the link.
    if (rows.length === 0) return refused(tx, arrival, 'access_denied', accountId);
    await linked(tx, arrival, accountId);
    this.#notifier.notify(tx, {
      accountId,
      kind: 'SYSTEM',
      title: `${provider.title} was linked to your account`,
      body: 'It can sign you in from now on. If this was not you, unlink it and then change your password.',
      subject: { type: 'account', uuid: accountId },
    });
    return { accountId };
  }

  /** Concurrent arrivals of the same identity wait here for each other. */
  async #holderOf(tx: Transaction, { issuer, subject }: ProvenIdentity): Promise<Holder | null> {
    await tx.query(lockIdentity, [issuer, subject]);
    const [holder] = await tx.query(holderOfIdentity, [issuer, subject]);
    return holder ?? null;
  }
}

/** A hash of the stored password hash, kept for a link: enough to see whether the password has changed since. */
export function proofOf(passwordHash: string | null): string | null {
  return passwordHash === null ? null : hashOf(passwordHash);
}

async function linked(tx: Transaction, { provider, device }: Arrival, accountId: string): Promise<void> {
  const detail = { provider: provider.name };
  await audit(tx, { action: 'identity.linked', actorId: accountId, subjectId: accountId, device, detail });
}

async function refused(
  tx: Transaction,
  { provider, device }: Arrival,
  error: SignInError,
  subjectId: string | null,
): Promise<Entered> {
  const detail = { provider: provider.name, reason: error };
  await audit(tx, { action: 'identity.refused', actorId: null, subjectId, device, detail });
  return { error };
}

interface Holder {
  readonly accountId: string;
  readonly isOpen: boolean;
}

const lockIdentity = statement(
  'identity.lock',
  `select pg_advisory_xact_lock(hashtextextended('questline_identity:' || $1 || ' ' || $2, 0))`,
);

// Locked, so that nothing is made for an account that is deleted meanwhile.
const holderOfIdentity = statement<Holder>(
  'identity.holder',
  `select a.id as "accountId", a.status <> 'SUSPENDED' as "isOpen"
  from identity i join account a on a.id = i.account_id
  where i.issuer = $1 and i.subject = $2 and a.deleted_at is null
  for key share of a`,
);

const holderOfEmail = statement<Pick<Holder, 'accountId'>>(
  'identity.holder_of_email',
  'select id as "accountId" from account where lower(email) = lower($1 collate "C")',
);

// A concurrent change of password either waits, and then lists the new link, or has committed and is seen here.
const holdOwner = statement<{ passwordHash: string | null }>(
  'identity.hold_owner',
  `select a.password_hash as "passwordHash" from account a join session s on s.account_id = a.id
  where a.id = $1 and a.status <> 'SUSPENDED' and a.deleted_at is null
    and s.id = $2 and s.ended_at is null and s.expires_at > now()
  for share of a for share of s`,
);

const insertIdentity = statement<Pick<Holder, 'accountId'>>(
  'identity.insert',
  `insert into identity (issuer, subject, provider, account_id) values ($1, $2, $3, $4)
  on conflict do nothing returning account_id as "accountId"`,
);
