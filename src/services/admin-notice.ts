import type { Viewer } from '../auth/viewer.ts';
import type { NewNotification } from './notifier.ts';

/** Notifies an owner that an admin has changed or deleted something of theirs. Empty if the owner did it. */
export function adminNotice(
  { accountId }: Pick<Viewer, 'accountId'>,
  ownerId: string,
  notice: Pick<NewNotification, 'title' | 'body' | 'subject'>,
): NewNotification[] {
  return accountId === ownerId ? [] : [{ accountId: ownerId, kind: 'SYSTEM', ...notice }];
}
