import { operations } from 'questline:operations';

export interface Example {
  /** The name of the file, without the extension. */
  file: string;
  /** The name of the operation. */
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  /** The comment at the top of the file. */
  about: string;
  source: string;
  variables: string | null;
}

export interface ExampleGroup {
  title: string;
  examples: Example[];
}

/** The order of the list. Files of examples/operations that are in no group are listed at the end. */
const order: [title: string, names: string[]][] = [
  ['First steps', ['hello', 'sign-up', 'sign-in', 'viewer', 'viewer-with-wallet']],
  [
    'Quests and rewards',
    ['quests-with-progress', 'quest', 'rewards', 'record-events', 'completions', 'claim-reward'],
  ],
  ['Shop', ['products', 'search-products', 'product', 'product-by-sku', 'purchase-product', 'purchases']],
  ['Posts', ['posts', 'search-posts', 'post', 'create-post', 'update-post', 'delete-post']],
  [
    'Collections',
    [
      'collections',
      'collection',
      'create-collection',
      'add-post-to-collection',
      'remove-post-from-collection',
      'update-collection',
      'delete-collection',
    ],
  ],
  [
    'Live',
    [
      'quest-completed',
      'quest-progressed',
      'wallet-changed',
      'notification-received',
      'post-changed',
      'collection-changed',
      'live-cursor',
    ],
  ],
  ['People', ['users', 'search-users', 'user', 'content-of-user']],
  [
    'Account',
    [
      'notifications',
      'update-profile',
      'sessions',
      'revoke-session',
      'change-password',
      'identities',
      'link-provider',
      'unlink-provider',
      'sign-in-with-code',
      'refresh-session',
      'sign-out',
      'delete-account',
    ],
  ],
  ['Any object by its id', ['node', 'nodes']],
  [
    'For admins: people',
    ['accounts', 'account', 'audit-events', 'set-role', 'suspend-account', 'delete-user'],
  ],
  ['For admins: quests', ['create-reward', 'update-reward', 'create-quest', 'update-quest']],
  ['For admins: products', ['create-product', 'update-product', 'delete-product']],
  [
    'For admins: ledger and events',
    ['adjust-wallet', 'reverse-entry', 'events', 'dead-letters', 'replay-dead-letter'],
  ],
];

export const exampleGroups: ExampleGroup[] = listGroups();

/** @throws RangeError if there is no such file */
export function exampleNamed(file: string): Example {
  const operation = operations[file];
  if (!operation) throw new RangeError(`There is no example ${file}.`);
  const { source, variables } = operation;
  const about = source
    .slice(0, source.search(/^[^#]/m))
    .replaceAll(/^# |\n$/gm, '')
    .replaceAll('\n', ' ');
  return { file, name: nameOf(source), kind: kindOf(source), about, source, variables };
}

function listGroups(): ExampleGroup[] {
  const grouped = new Set(order.flatMap(([, names]) => names));
  const rest = Object.keys(operations).filter((name) => !grouped.has(name));
  const groups = [...order, ...(rest.length > 0 ? [['More', rest] as const] : [])];
  return groups.map(([title, names]) => ({ title, examples: names.map(exampleNamed) }));
}

function nameOf(source: string): string {
  return /^(?:query|mutation|subscription) (\w+)/m.exec(source)?.[1] ?? 'Unnamed';
}

function kindOf(source: string): Example['kind'] {
  const kind = /^(query|mutation|subscription)\b/m.exec(source)?.[1];
  return kind === 'mutation' || kind === 'subscription' ? kind : 'query';
}
