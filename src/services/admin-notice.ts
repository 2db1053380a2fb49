import type { Viewer } from '../auth/viewer.ts';
import type { NewNotification } from './notifier.ts';

/** What somebody is told when an admin changes or deletes what is theirs; nothing where they did so themselves. */
export function adminNotice(
  { accountId }: Pick<Viewer, 'accountId'>,
  ownerId: string,
  notice: Pick<NewNotification, 'title' | 'body' | 'subject'>,
): NewNotification[] {
  return accountId === ownerId ? [] : [{ accountId: ownerId, kind: 'SYSTEM', ...notice }];
}
