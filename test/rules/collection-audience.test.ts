import { expect, test } from 'vitest';
import type { Reader } from '../../src/domain/reader.ts';
import type { LivePayloads } from '../../src/pubsub/topics.ts';
import { type Hearing, hearingOf } from '../../src/services/rules/collection-audience.ts';

const owner: Reader = { accountId: 'owner', role: 'USER' };
const admin: Reader = { accountId: 'admin', role: 'ADMIN' };
const others: Reader[] = [
  null,
  { accountId: 'other', role: 'USER' },
  { accountId: 'other', role: 'SERVICE' },
];
const actions = ['UPDATED', 'DELETED', 'POST_ADDED', 'POST_REMOVED'] as const;

type CollectionChange = LivePayloads['collection_changed'];
type Visibility = CollectionChange['visibility'];
const change = (
  action: CollectionChange['action'],
  previousVisibility: Visibility,
  visibility: Visibility,
): CollectionChange => ({ action, ownerId: 'owner', previousVisibility, visibility });

test('the owner and admins hear all', () => {
  for (const listener of [owner, admin])
    for (const action of actions)
      for (const previous of ['PUBLIC', 'PRIVATE'] as const)
        for (const visibility of ['PUBLIC', 'PRIVATE'] as const)
          expect(hearingOf(change(action, previous, visibility), listener)).toBe('ALL');
});

test.each([
  ['PUBLIC', 'PUBLIC', 'UPDATED', 'ALL'],
  ['PUBLIC', 'PUBLIC', 'DELETED', 'ALL'],
  ['PUBLIC', 'PUBLIC', 'POST_ADDED', 'ALL'],
  ['PUBLIC', 'PUBLIC', 'POST_REMOVED', 'ALL'],
  ['PRIVATE', 'PUBLIC', 'UPDATED', 'ALL'],
  ['PUBLIC', 'PRIVATE', 'UPDATED', 'HIDING'],
  ['PRIVATE', 'PRIVATE', 'UPDATED', 'NOTHING'],
  ['PRIVATE', 'PRIVATE', 'DELETED', 'NOTHING'],
  ['PRIVATE', 'PRIVATE', 'POST_ADDED', 'NOTHING'],
  ['PRIVATE', 'PRIVATE', 'POST_REMOVED', 'NOTHING'],
] satisfies [Visibility, Visibility, CollectionChange['action'], Hearing][])(
  'others, from %s to %s, of %s: %s',
  (previous, visibility, action, hearing) => {
    for (const listener of others)
      expect(hearingOf(change(action, previous, visibility), listener)).toBe(hearing);
  },
);
