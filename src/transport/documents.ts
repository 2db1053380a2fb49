import { createHash } from 'node:crypto';
import { type MaxAliasesOptions, maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  MaxIntrospectionDepthRule,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { withoutText } from './document-text.ts';
import { fewMerged } from './limits/merged.ts';
import { refusedShape, tooLarge } from './limits/shape.ts';
import { unconditionalSubscription } from './subscription-rule.ts';

/** The rules that all documents are checked by, over HTTP and WebSocket. Infinity lifts a limit. */
export interface DocumentRules {
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  readonly introspection: boolean;
  /** Whether an error may suggest fields and types that the client did not name. */
  readonly suggestions: boolean;
}

/** The most expensive rule: it compares each field with every other one of the same name. */
const dearest = OverlappingFieldsCanBeMergedRule;
/** The most errors that are reported for one document. */
const mostErrors = 20;
/** The most bytes that all cached documents may take, as estimated by `sizeOf`. */
const mostBytes = 32 * 1024 * 1024;
/** The largest document that is cached, in bytes; a larger one is checked each time. */
const largestKept = 1024 * 1024;
/** Bytes that a node of a parsed document takes with its tokens, roughly. */
const bytesOfNode = 500;
/** The most characters of a document that is cached with its text, which lets errors give locations. */
const longestWithText = 8 * 1024;

/**
 * Documents that parsed and passed every rule, by the SHA-256 of their text. Apollo Server uses it as its
 * document store, and the WebSocket calls it directly, so that each document is checked once. The cache is
 * bounded in bytes. So is what a subscription keeps of its document: neither the text nor the comments of a
 * long one.
 */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #options: DocumentRules;
  readonly #valid = new LRUCache<string, DocumentNode>({
    maxSize: mostBytes,
    maxEntrySize: largestKept,
    sizeCalculation: sizeOf,
  });
  /** From the cheapest to the most expensive; a phase runs only if those before it found nothing. */
  readonly #phases: readonly (readonly ValidationRule[])[];

  constructor(schema: GraphQLSchema, options: DocumentRules) {
    this.#schema = schema;
    this.#options = options;
    const aliases = Number.isFinite(options.maxAliases)
      ? [maxAliasesRule({ n: options.maxAliases, allowList: [], ...reportedAsTooLarge })]
      : [];
    const introspection = options.introspection ? [] : [NoSchemaIntrospectionCustomRule];
    const left: ReadonlySet<ValidationRule> = new Set(
      options.introspection ? [dearest] : [dearest, MaxIntrospectionDepthRule],
    );
    this.#phases = [
      // graphql-js' own rule throws on a subscription whose only field may be skipped.
      [...aliases, unconditionalSubscription],
      [...specifiedRules.filter((rule) => !left.has(rule)), ...introspection],
      [fewMerged],
      [dearest],
    ];
  }

  get parseOptions(): { maxTokens?: number; maxComments?: number } {
    const { maxTokens } = this.#options;
    return Number.isFinite(maxTokens) ? { maxTokens, maxComments: maxTokens } : {};
  }

  /** The document, ready to run, or the errors in it. */
  prepare(source: string): DocumentNode | readonly GraphQLError[] {
    const key = createHash('sha256').update(source).digest('hex');
    const known = this.#valid.get(key);
    if (known) return known;
    const checked = this.#check(source);
    if (!('kind' in checked)) return checked;
    const document =
      source.length > longestWithText || subscribes(checked) ? withoutText(checked) : withoutChain(checked);
    this.#valid.set(key, document);
    return document;
  }

  /**
   * Runs the cheapest check first, so that a document that is too large costs no more than it takes to notice
   * that.
   */
  #check(source: string): DocumentNode | readonly GraphQLError[] {
    let document: DocumentNode;
    try {
      document = parse(source, this.parseOptions);
    } catch (error) {
      if (error instanceof GraphQLError) return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
      throw error;
    }
    const { maxDepth: depth, maxDirectives: directives } = this.#options;
    const shape = refusedShape(document, { depth, directives });
    if (shape.length > 0) return shape;
    for (const rules of this.#phases) {
      const errors = validate(this.#schema, document, rules, {
        hideSuggestions: !this.#options.suggestions,
        maxErrors: mostErrors,
      });
      if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    }
    return document;
  }

  // Apollo Server's document store: its keys end in the hash, after a prefix that tells schemas apart.

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#valid.get(hashIn(key));
  }

  /** Does nothing: a document that passed is cached already, unless it is too large. */
  async set(_key: string, _document: DocumentNode): Promise<void> {}

  async delete(key: string): Promise<boolean> {
    return this.#valid.delete(hashIn(key));
  }
}

/** The library's rule throws what it finds unless it is told to report it. */
const reportedAsTooLarge = {
  propagateOnRejection: false,
  onReject: [(context, error) => context?.reportError(tooLarge(error.message.replace('Syntax Error: ', '')))],
} satisfies MaxAliasesOptions;

/**
 * Each node refers to its first and last token, and each token to its neighbours, so that any node keeps all
 * tokens in memory, comments included. This unlinks them.
 */
function withoutChain(document: DocumentNode): DocumentNode {
  for (let token = document.loc?.startToken; token; ) {
    const { next } = token;
    Object.assign(token, { prev: null, next: null });
    token = next ?? undefined;
  }
  return document;
}

/** Bytes that a document takes, roughly. */
function sizeOf(document: DocumentNode): number {
  let bytes = document.loc?.source.body.length ?? 0;
  visit(document, {
    enter(node) {
      bytes += bytesOfNode;
      if (node.kind === Kind.NAME || node.kind === Kind.STRING) bytes += node.value.length;
    },
  });
  return Math.max(bytes, 1);
}

/** Whether the document has a subscription, which keeps it in memory for as long as it lasts. */
function subscribes({ definitions }: DocumentNode): boolean {
  return definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.operation === OperationTypeNode.SUBSCRIPTION,
  );
}

function hashIn(key: string): string {
  return key.slice(-64);
}

/** Gives an error that has no code the one that Apollo Server uses over HTTP. */
function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    originalError: error.originalError,
    extensions: { code, ...error.extensions },
  });
}
