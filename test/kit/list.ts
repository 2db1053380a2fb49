import { type Client, codesOf } from './client.ts';
import { present } from './unique.ts';

/** The arguments of a list; `filter` is the text of its own arguments. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly filter?: string;
}

export interface Page {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Any list of the API, by its path from the query's root, such as `viewer.wallet.entries`. */
export class List {
  readonly #path: readonly string[];
  readonly #client: Client;

  constructor(client: Client, path: string) {
    this.#client = client;
    this.#path = path.split('.');
  }

  /** @throws Error if there is any GraphQL error */
  async page(given: PageArguments = {}): Promise<Page> {
    const { data, errors } = await this.#ask(given);
    if (errors) throw new Error(`The list failed: ${JSON.stringify(errors)}`);
    let at: unknown = data;
    for (const field of this.#path) at = isObject(at) ? at[field] : undefined;
    if (!isPage(at)) throw new Error(`There is no list at ${this.#path.join('.')}.`);
    return at;
  }

  /** The codes of the errors; empty if there are none. */
  async fails(given: PageArguments): Promise<string[]> {
    return codesOf((await this.#ask(given)).errors);
  }

  /** The ids of the whole list, read page by page from the start. */
  async forward(size: number): Promise<string[][]> {
    const pages: string[][] = [];
    let after: string | null = null;
    do {
      const page = await this.page({ first: size, after });
      if (page.pageInfo.hasPreviousPage !== pages.length > 0) throw new Error('hasPreviousPage is wrong.');
      pages.push(idsOf(page));
      after = page.pageInfo.hasNextPage ? present(page.pageInfo.endCursor) : null;
    } while (after !== null);
    return pages;
  }

  /** The same from the end: the last page first, each page in the order of the list. */
  async backward(size: number): Promise<string[][]> {
    const pages: string[][] = [];
    let before: string | null = null;
    do {
      const page = await this.page({ last: size, before });
      if (page.pageInfo.hasNextPage !== pages.length > 0) throw new Error('hasNextPage is wrong.');
      pages.push(idsOf(page));
      before = page.pageInfo.hasPreviousPage ? present(page.pageInfo.startCursor) : null;
    } while (before !== null);
    return pages;
  }

  async #ask({ filter = '', ...variables }: PageArguments) {
    const own = `first: $first, after: $after, last: $last, before: $before ${filter}`;
    const connection = `(${own}) {
      totalCount nodes { id } edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }`;
    const query = `query($first: Int, $after: Cursor, $last: Int, $before: Cursor) {
      ${this.#path.join(' { ')} ${connection} ${'}'.repeat(this.#path.length - 1)}
    }`;
    return (await this.#client.post({ query, variables })).body;
  }
}

export function idsOf({ nodes }: Pick<Page, 'nodes'>): string[] {
  return nodes.map(({ id }) => id);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Checks only what the query asked for; the schema guarantees the rest. */
function isPage(value: unknown): value is Page {
  return isObject(value) && 'pageInfo' in value;
}
