import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** A browser on its way to a provider and back. Of what only that browser knows there are hashes alone. */
@Entity()
@Check({ name: 'sign_in_flow_owner_check', expression: '(account_id is null) = (session_id is null)' })
@Index({ name: 'sign_in_flow_account_id_idx', properties: ['accountId'] })
@Index({ name: 'sign_in_flow_expires_at_idx', properties: ['expiresAt'] })
export class SignInFlow {
  @PrimaryKey({ type: 'text' })
  stateHash!: string;

  @Property({ type: 'text' })
  provider!: string;

  /** Of the cookie by which the browser that set out is known when it comes back. */
  @Property({ type: 'text' })
  browserHash!: string;

  @Property({ type: 'text' })
  codeVerifier!: string;

  @Property({ type: 'text' })
  nonce!: string;

  @Property({ type: 'text' })
  returnTo!: string;

  /** To which the provider is to be linked; null where somebody signs in. */
  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'sign_in_flow_account_id_fkey',
    nullable: true,
    deleteRule: 'no action',
  })
  accountId: string | null = null;

  /** That asked for the link, and has to live still when it is made. No foreign key: sessions come and go faster. */
  @Property({ type: 'uuid', nullable: true })
  sessionId: string | null = null;

  /** Of the password by which the link was asked for: it has to stand still when the link is made. */
  @Property({ type: 'text', nullable: true })
  proof: string | null = null;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;
}

export const codePurposes = ['SIGN_IN', 'LINK'] as const;
export type CodePurpose = (typeof codePurposes)[number];

/** A code that is good once: to sign in after the way back from a provider, or to set out to link one. */
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

  /** That asked for the link. */
  @Property({ type: 'uuid', nullable: true })
  sessionId: string | null = null;

  /** Of the password by which it was asked for. */
  @Property({ type: 'text', nullable: true })
  proof: string | null = null;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;
}
