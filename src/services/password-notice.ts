import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { NewNotification } from './notifier.ts';

/** The title of a provider, by its name. */
export type TitleOf = (provider: string) => string;

/**
 * The notification that an account's password was changed. It lists the linked providers: one that somebody else has
 * linked can still sign them in, whatever the password is.
 */
export async function passwordNotice(
  tx: Transaction,
  accountId: string,
  titleOf: TitleOf,
): Promise<NewNotification> {
  const linked = await tx.query(linkedProviders, [accountId]);
  const titles = linked.map(({ provider }) => titleOf(provider));
  return {
    accountId,
    kind: 'SYSTEM',
    title: 'Your password was changed',
    body: `You are signed out everywhere except where it was changed. ${alsoSigningIn(titles)}`,
    subject: { type: 'account', uuid: accountId },
  };
}

function alsoSigningIn(titles: readonly string[]): string {
  if (titles.length === 0) return 'No provider is linked to your account.';
  return `These can still sign you in: ${titles.join(', ')}. Unlink any that you did not link.`;
}

const linkedProviders = statement<{ provider: string }>(
  'password_notice.linked',
  'select provider from identity where account_id = $1 order by linked_at, provider',
);
