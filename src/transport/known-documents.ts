import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { GraphQLError, parse, print } from 'graphql';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Characters of all texts that are kept for clients who send a hash for a text. */
const mostKept = 8 * 1024 * 1024;
const longestKept = 64 * 1024;
/** Hashes of texts in other spellings that turned out to be one of the manifest's. */
const mostSpellings = 1_000;

/** The format of Apollo's persisted-query manifests. */
const manifestFormat = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
});

const persistedQuery = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

/**
 * The documents that this server knows by their SHA-256: those of the manifest and, if others are executed too, those
 * that clients have sent (automatic persisted queries). Apollo Server takes it as its cache of persisted queries.
 */
export class KnownDocuments {
  readonly #trusted: ReadonlyMap<string, string> | undefined;
  readonly #sent = new LRUCache<string, string>({
    maxSize: mostKept,
    maxEntrySize: longestKept,
    sizeCalculation: ({ length }) => Math.max(length, 1),
  });
  readonly #spellings = new LRUCache<string, true>({ max: mostSpellings });

  /** @param manifest the file with the only documents that are executed; undefined, and all are */
  constructor(manifest: string | undefined) {
    this.#trusted = manifest === undefined ? undefined : readManifest(manifest);
  }

  /** The text with this hash, if the server knows it. */
  textOf(hash: string): string | undefined {
    return this.#trusted?.get(hash) ?? this.#sent.get(hash);
  }

  /** The same of what a client sends for a text (https://www.apollographql.com/docs/apollo-server/performance/apq). */
  textOfPersisted(extensions: unknown): string | undefined {
    const { data } = persistedQuery.safeParse(extensions);
    return data && this.textOf(data.persistedQuery.sha256Hash);
  }

  /** Why a text is not executed; undefined if it may be. */
  refuse(text: string): GraphQLError | undefined {
    if (this.#trusted === undefined || this.#isTrusted(text, this.#trusted)) return undefined;
    return new GraphQLError('This server executes none but the documents that it knows.', {
      extensions: { code: 'FORBIDDEN' },
    });
  }

  // Apollo Server's cache of persisted queries: its keys end in the hash, after a prefix.

  async get(key: string): Promise<string | undefined> {
    return this.textOf(hashIn(key));
  }

  async set(key: string, text: string): Promise<void> {
    if (this.#trusted === undefined) this.#sent.set(hashIn(key), text);
  }

  async delete(key: string): Promise<boolean> {
    return this.#sent.delete(hashIn(key));
  }

  /** Spaces and comments make no difference. */
  #isTrusted(text: string, trusted: ReadonlyMap<string, string>): boolean {
    const hash = hashOf(text);
    if (trusted.has(hash) || this.#spellings.has(hash)) return true;
    const isKnown = trusted.has(hashOf(normalized(text) ?? ''));
    if (isKnown) this.#spellings.set(hash, true);
    return isKnown;
  }
}

/** A document as the manifest has it: of two that mean the same, one text. */
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

function hashIn(key: string): string {
  return key.slice(-64);
}

/** @throws Error that names the setting if there is no manifest, or it is none */
function readManifest(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) throw new Error(`TRUSTED_DOCUMENTS: there is no ${path}. Run: npm run codegen`);
  const parsed = manifestFormat.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`TRUSTED_DOCUMENTS: ${path} is no manifest of documents.`);
  return new Map(parsed.data.operations.map(({ id, body }) => [id, body]));
}
