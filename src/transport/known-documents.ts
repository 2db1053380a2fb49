import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { GraphQLError, parse, print } from 'graphql';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Characters of all texts that are kept for clients that send a hash instead of a text. */
const mostKept = 8 * 1024 * 1024;
const longestKept = 64 * 1024;
/** Hashes of other spellings of the manifest's documents that are remembered. */
const mostSpellings = 1_000;

/** The format of Apollo's persisted-query manifests. */
const manifestFormat = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
});

const persistedQuery = z.object({
  persistedQuery: z.object({ sha256Hash: z.string(), version: z.unknown().optional() }),
});

/** Whether the extensions of a request name its document by a hash. */
export function isPersisted(extensions: unknown): boolean {
  return persistedQuery.safeParse(extensions).success;
}

export const malformedHash = 'extensions.persistedQuery has to be an object with a sha256Hash.';

/** The part of a request that says which document it is about. */
export interface DocumentRequest {
  /** Empty or left out only if `extensions` has its hash. */
  readonly query?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * The documents that this server knows by their SHA-256: those of the manifest and, if other documents are
 * executed too, those that clients have sent (automatic persisted queries). HTTP and WebSocket share it;
 * Apollo Server's own would serve HTTP alone, so it is turned off.
 */
export class KnownDocuments {
  readonly #trusted: ReadonlyMap<string, string> | undefined;
  readonly #sent = new LRUCache<string, string>({
    maxSize: mostKept,
    maxEntrySize: longestKept,
    sizeCalculation: ({ length }) => Math.max(length, 1),
  });
  readonly #spellings = new LRUCache<string, true>({ max: mostSpellings });

  /** @param manifest the file with the only documents that are executed; if undefined, all are */
  constructor(manifest: string | undefined) {
    this.#trusted = manifest === undefined ? undefined : readManifest(manifest);
  }

  /**
   * The text of an operation, or what is wrong with its hash
   * (https://www.apollographql.com/docs/apollo-server/performance/apq).
   */
  textOf({ query, extensions }: DocumentRequest): string | GraphQLError {
    const given = query ?? '';
    const named = extensions?.persistedQuery;
    if (named === undefined || named === null) return given;
    const { data } = persistedQuery.safeParse(extensions);
    if (data === undefined) return badRequest(malformedHash);
    const { sha256Hash, version } = data.persistedQuery;
    if (version !== 1) return badRequest('This version of persisted queries is not supported.');
    if (given !== '')
      return hashOf(given) === sha256Hash ? given : badRequest('The hash does not match the query.');
    return this.#trusted?.get(sha256Hash) ?? this.#sent.get(sha256Hash) ?? notFound();
  }

  /**
   * Keeps the text of an operation that has been admitted, if its client means to send the hash alone from
   * now on.
   */
  keep({ query, extensions }: DocumentRequest): void {
    if (this.#trusted !== undefined || !query || !extensions?.persistedQuery) return;
    this.#sent.set(hashOf(query), query);
  }

  /** The reason why a text is not executed; undefined if it may be. */
  refuse(text: string): GraphQLError | undefined {
    if (this.#trusted === undefined || this.#isTrusted(text, this.#trusted)) return undefined;
    return new GraphQLError('This server executes only the documents that it knows.', {
      extensions: { code: 'FORBIDDEN' },
    });
  }

  /** Whether the manifest has the document; spaces and comments make no difference. */
  #isTrusted(text: string, trusted: ReadonlyMap<string, string>): boolean {
    const hash = hashOf(text);
    if (trusted.has(hash) || this.#spellings.has(hash)) return true;
    const isKnown = trusted.has(hashOf(normalized(text) ?? ''));
    if (isKnown) this.#spellings.set(hash, true);
    return isKnown;
  }
}

/**
 * A document as printed in the manifest, which is the same text for all its spellings; undefined if it does
 * not parse.
 */
function normalized(text: string): string | undefined {
  try {
    return print(parse(text, { noLocation: true, maxTokens: 10_000, maxComments: 10_000 }));
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

/** Clients recognize these words and send the text. */
function notFound(): GraphQLError {
  return new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });
}

/** @throws Error that names the setting if the manifest is missing or malformed */
function readManifest(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) throw new Error(`TRUSTED_DOCUMENTS: there is no ${path}. Run: npm run codegen`);
  const parsed = manifestFormat.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`TRUSTED_DOCUMENTS: ${path} is no manifest of documents.`);
  return new Map(parsed.data.operations.map(({ id, body }) => [id, body]));
}
