import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** The flow of a browser to a provider and back. Secrets that only the browser knows are stored as hashes. */
@Entity()
@Check({ name: 'sign_in_flow_owner_check', expression: '(account_id is null) = (session_id is null)' })
@Index({ name: 'sign_in_flow_account_id_idx', properties: ['accountId'] })
@Index({ name: 'sign_in_flow_expires_at_idx', properties: ['expiresAt'] })
export class SignInFlow {
  @PrimaryKey({ type: 'text' })
  stateHash!: string;

  @Property({ type: 'text' })
  provider!: string;

  /** The hash of the cookie by which the browser is recognized when it comes back. */
  @Property({ type: 'text' })
  browserHash!: string;

  @Property({ type: 'text' })
  codeVerifier!: string;

  @Property({ type: 'text' })
  nonce!: string;

  @Property({ type: 'text' })
  returnTo!: string;

  /** The account to link the provider to; null if somebody signs in. */
  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'sign_in_flow_account_id_fkey',
    nullable: true,
    deleteRule: 'no action',
  })
  accountId: string | null = null;

  /** The session that asked for the link; must be live when it is made. No foreign key: sessions come and go faster. */
  @Property({ type: 'uuid', nullable: true })
  sessionId: string | null = null;

  /** Derived from the password with which the link was requested; it must be unchanged when the link is made. */
  @Property({ type: 'text', nullable: true })
  proof: string | null = null;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;
}

export const codePurposes = ['SIGN_IN', 'LINK'] as const;
export type CodePurpose = (typeof codePurposes)[number];

/** A code that is valid once: to sign in after the return from a provider, or to begin to link one. */
@Entity()
@Index({ name: 'one_time_code_account_id_idx', properties: ['accountId'] })
@Index({ name: 'one_time_code_expires_at_idx', properties: ['expiresAt'] })
export class OneTimeCode {
  @PrimaryKey({ type: 'text' })
  codeHash!: string;

  @Enum({ items: codePurposes })
  purpose!: CodePurpose;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'one_time_code_account_id_fkey',
  })
  accountId!: string;

  @Property({ type: 'text' })
  provider!: string;

  @Property({ type: 'text', nullable: true })
  returnTo: string | null = null;

  /** The session that asked for the link. */
  @Property({ type: 'uuid', nullable: true })
  sessionId: string | null = null;

  /** Derived from the password with which the link was requested. */
  @Property({ type: 'text', nullable: true })
  proof: string | null = null;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;
}
