import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { NewNotification } from './notifier.ts';

/** What people call a provider, by its name. */
export type TitleOf = (provider: string) => string;

/**
 * What the owner of an account is told of its new password, however it came to be. It lists the other ways in: a
 * provider that somebody else has linked goes on signing them in, whatever the password is.
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
