import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

/** By which rules documents are checked, whichever way they come in. */
export interface DocumentRules {
  readonly rules: readonly ValidationRule[];
  readonly maxTokens: number;
  readonly introspection: boolean;
  /** Whether an error may name fields and types that the client did not. */
  readonly suggestions: boolean;
}

/** Most documents kept. Their size is bounded by the tokens that a document may have. */
const maxDocuments = 1_000;

/**
 * Documents that parsed and passed every rule, by the SHA-256 of their text. Apollo Server takes it as its document
 * store, the WebSocket asks it directly: each document is checked once.
 */
export class Documents {
  readonly #valid = new LRUCache<string, DocumentNode>({ max: maxDocuments });
  readonly rules: ValidationRule[];

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly options: DocumentRules,
  ) {
    this.rules = [...options.rules, ...(options.introspection ? [] : [NoSchemaIntrospectionCustomRule])];
  }

  get parseOptions(): { maxTokens: number } {
    return { maxTokens: this.options.maxTokens };
  }

  get validationOptions(): { hideSuggestions: boolean } {
    return { hideSuggestions: !this.options.suggestions };
  }

  /** The document, ready to run, or all that is wrong with it. */
  prepare(source: string): DocumentNode | readonly GraphQLError[] {
    const key = createHash('sha256').update(source).digest('hex');
    const known = this.#valid.get(key);
    if (known) return known;
    let document: DocumentNode;
    try {
      document = parse(source, this.parseOptions);
    } catch (error) {
      if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
      throw error;
    }
    const errors = validate(
      this.schema,
      document,
      [...specifiedRules, ...this.rules],
      this.validationOptions,
    );
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    this.#valid.set(key, document);
    return document;
  }

  // Apollo Server's document store: its keys end in the hash, after a prefix that tells schemas apart.

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#valid.get(hashIn(key));
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    this.#valid.set(hashIn(key), document);
  }

  async delete(key: string): Promise<boolean> {
    return this.#valid.delete(hashIn(key));
  }
}

function hashIn(key: string): string {
  return key.slice(-64);
}

/** The code that Apollo Server gives over HTTP, for what has none yet. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    originalError: error.originalError,
    extensions: { code, ...error.extensions },
  });
}
