import { readdirSync, readFileSync } from 'node:fs';
import { Kind, parse } from 'graphql';

/** A request, and its viewer. */
export interface Question {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly reader: Reader;
}

/** `user` and `admin` are the demo accounts; `user` has a lot of data of every kind. */
export type Reader = 'nobody' | 'user' | 'admin';

/** Answers a question. @throws if there is any GraphQL error */
export type Answer = (question: Question) => Promise<unknown>;

const folder = new URL('../../examples/operations/', import.meta.url);

/** Every query of examples/operations, with its variables; placeholders are replaced by existing ids. */
export async function exampleQuestions(answer: Answer): Promise<Question[]> {
  const ids = await findIds(answer);
  const files = readdirSync(folder);
  return files
    .filter((file) => file.endsWith('.graphql') && isQuery(read(file)))
    .map((file) => {
      const name = file.replace('.graphql', '');
      const json = files.includes(`${name}.json`) ? read(`${name}.json`) : '{}';
      const variables = JSON.parse(
        json.replaceAll(/\{\{(\w+)\}\}/g, (_, placeholder) => ids[placeholder] ?? ''),
      );
      return { name, query: read(file), variables, reader: forAdmins.has(name) ? 'admin' : 'user' };
    });
}

const forAdmins = new Set(['account', 'accounts', 'audit-events', 'events', 'dead-letters']);

function read(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8');
}

function isQuery(source: string): boolean {
  return parse(source).definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.operation === 'query',
  );
}

/** Ids of large objects, such as the collection with the most posts. */
async function findIds(answer: Answer): Promise<Record<string, string>> {
  const query = `{
    userId: user(username: "user") { id }
    collectionId: user(username: "user") { collections(last: 1) { nodes { id } } }
    questId: quests(first: 1) { nodes { id } }
    rewardId: rewards(first: 1) { nodes { id } }
    postId: posts(last: 1) { nodes { id } }
    offerId: products(first: 1) { nodes { id } }
    offerSku: products(first: 1) { nodes { id: sku } }
  }`;
  const found = await answer({ name: 'ids', query, reader: 'user' });
  return Object.fromEntries(Object.entries(Object(found)).map(([name, value]) => [name, idIn(value)]));
}

/** The only id in an answer, at any depth. */
function idIn(answer: unknown): string {
  const [id = ''] = /"id":"([^"]+)"/.exec(JSON.stringify(answer))?.slice(1) ?? [];
  return id;
}

/** A list of the API, in one of its orders and with some of its filters. */
export interface ListQuestion {
  /** The path of fields to it, with their arguments, such as `viewer / wallet / entries(currency: GOLD)`. */
  readonly field: string;
  readonly reader: Reader;
}

/** The first page, the last page, and pages deep inside the list in both directions. */
export async function pagesOf(list: ListQuestion, answer: Answer): Promise<Question[]> {
  const page = (name: string, given: string) =>
    questionOf(list, name, given, 'nodes { id } pageInfo { startCursor }');
  const ends = [page('the first page', 'first: 20'), page('the last page', 'last: 20')];
  // The position deep inside is found from the end, which is as far from the start as possible.
  const inside = JSON.stringify(await answer(page('the end', 'last: 60')));
  const [cursor] = /(?<="startCursor":")[^"]+/.exec(inside) ?? [];
  if (cursor === undefined) return ends;
  return [
    ...ends,
    page('far inside, forwards', `first: 20, after: "${cursor}"`),
    page('far inside, backwards', `last: 20, before: "${cursor}"`),
  ];
}

export function countOf(list: ListQuestion): Question {
  return questionOf(list, 'the count', 'first: 0', 'totalCount');
}

function questionOf({ field, reader }: ListQuestion, name: string, page: string, selection: string) {
  return { name: `${field}, ${name}`, query: textOf(field, page, selection), reader };
}

function textOf(field: string, page: string, selection: string): string {
  const names = field.split(' / ');
  const leaf = names.pop() ?? '';
  const withPage = leaf.endsWith(')') ? `${leaf.slice(0, -1)}, ${page})` : `${leaf}(${page})`;
  return `{ ${[...names, withPage].join(' { ')} { ${selection} } ${'}'.repeat(names.length)} }`;
}
