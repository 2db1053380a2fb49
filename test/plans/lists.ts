import { toId } from '../../src/domain/ids.ts';
import { filled } from './filled.ts';
import type { ListQuestion, Reader } from './questions.ts';

const { words } = filled;
const collectionId = toId('collection', filled.collection);
const postId = toId('post', filled.post);
const directions = ['ASC', 'DESC'] as const;

/**
 * Every list of the API, in all of its orders and with all of its filters.
 * @param userId the id of the demo user
 */
export function listsOf(userId: string): ListQuestion[] {
  return [...people(), ...posts(userId), ...collections(userId), ...products(), ...shop(), ...events(userId)];
}

function people(): ListQuestion[] {
  const searches = [words.common, words.ordinary].map((word) => `search: "${word}"`);
  return [
    ...of('nobody', 'users', ...searches.map((search) => `users(${search})`)),
    ...of('admin', 'accounts', 'accounts(role: USER)', 'accounts(role: SERVICE)', 'accounts(role: ADMIN)'),
    ...of(
      'admin',
      ...searches.flatMap((search) => [`accounts(${search})`, `accounts(${search}, role: USER)`]),
    ),
  ];
}

function posts(userId: string): ListQuestion[] {
  const orders = ['CREATED_AT', 'UPDATED_AT', 'TITLE'].flatMap(ordersBy);
  const filters = [`authorId: "${userId}"`, `collectionId: "${collectionId}"`];
  const filtered = ['', ...filters, filters.join(', ')].map((filter) => `filter: { ${filter} }`);
  const { common, ordinary, rare, code, part, unspaced } = words;
  const searches = [rare, ordinary, `${ordinary} ${common}`, code, part, unspaced];
  const found = searches.map((search) => `search: "${search}"`);
  return of(
    'nobody',
    ...orders.flatMap((order) => filtered.map((filter) => `posts(${order}, ${filter})`)),
    ...orders.map((order) => `user(username: "user") / posts(${order})`),
    ...found.flatMap((search) => ['', ...orders].map((order) => `posts(${search}, ${order})`)),
    ...filtered.map((filter) => `posts(search: "${words.ordinary}", ${filter})`),
  );
}

function collections(userId: string): ListQuestion[] {
  const readers = ['nobody', 'user', 'admin'] as const;
  return [
    ...readers.flatMap((reader) => of(reader, 'collections', `collections(ownerId: "${userId}")`)),
    ...of('nobody', 'user(username: "user") / collections', `post(id: "${postId}") / collections`),
    ...of('nobody', `collection(id: "${collectionId}") / posts`),
  ];
}

function products(): ListQuestion[] {
  const always = ['CREATED_AT', 'NAME'].flatMap(ordersBy);
  const filters = ['', 'inStock: true', 'inStock: false'];
  const prices = ['', 'minPrice: 100, maxPrice: 110', 'minPrice: 100', 'maxPrice: 9900, inStock: true'];
  const inCurrency = prices.map((price) => `currency: GOLD, ${price}`);
  const asked = [
    ...always.flatMap((order) =>
      [...filters, ...inCurrency].map((filter) => `${order}, filter: { ${filter} }`),
    ),
    ...ordersBy('PRICE').flatMap((order) => inCurrency.map((filter) => `${order}, filter: { ${filter} }`)),
    ...['', 'filter: { currency: GOLD, inStock: true }', ...always].flatMap((given) =>
      [words.ordinary, 'LARGE-4711'].map((word) => `search: "${word}", ${given}`),
    ),
  ];
  return [
    ...of('nobody', ...asked.map((given) => `products(${given})`)),
    ...of('admin', ...always.map((order) => `products(${order}, filter: { active: false })`)),
  ];
}

/** The lists of what belongs to the viewer. */
function shop(): ListQuestion[] {
  return of(
    'user',
    ...['purchases', 'notifications', 'notifications(unreadOnly: true)', 'completions'],
    ...['completions(status: CLAIMABLE)', 'completions(status: CLAIMED)', 'questProgress'],
    ...['questProgress(states: [ACTIVE])', 'wallet / entries', 'wallet / entries(currency: DIAMOND)'],
  ).map(({ field, reader }) => ({ field: `viewer / ${field}`, reader }));
}

function events(userId: string): ListQuestion[] {
  const ofUser = `userId: "${userId}"`;
  return [
    ...of('nobody', 'quests', 'quests(includeArchived: true)', 'quests(eventType: "large.10")', 'rewards'),
    ...of('admin', 'events', `events(${ofUser})`, 'events(eventType: "large.10")', 'deadLetters'),
    ...of('admin', 'auditEvents', `auditEvents(${ofUser})`),
    // The person has events of the first type, and none of the second.
    ...of('admin', ...[10, 11].map((type) => `events(${ofUser}, eventType: "large.${type}")`)),
  ];
}

function ordersBy(field: string): string[] {
  return directions.map((direction) => `orderBy: { field: ${field}, direction: ${direction} }`);
}

function of(reader: Reader, ...fields: readonly string[]): ListQuestion[] {
  return fields.map((field) => ({ field, reader }));
}
