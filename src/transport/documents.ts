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

/** By which rules documents are checked, whichever way they come in. Infinity lifts a limit. */
export interface DocumentRules {
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  readonly introspection: boolean;
  /** Whether an error may name fields and types that the client did not. */
  readonly suggestions: boolean;
}

/** It compares each field with each other one of the same name. */
const dearest = OverlappingFieldsCanBeMergedRule;
/** Errors of one document that are worth telling. */
const mostErrors = 20;
/** Bytes that the documents kept may take all together, by the estimate of `sizeOf`. */
const mostBytes = 32 * 1024 * 1024;
/** The largest document kept; a larger one is checked each time. */
const largestKept = 1024 * 1024;
/** What a node of a parsed document takes with its tokens, roughly. */
const bytesOfNode = 500;
/** Characters of a document that is kept with its text, so that errors can say where they come from. */
const longestWithText = 8 * 1024;

/**
 * Documents that parsed and passed every rule, by the SHA-256 of their text. Apollo Server takes it as its document
 * store, the WebSocket asks it directly: each document is checked once. They are bounded by their bytes, and so is what
 * a subscription keeps of its document: of a long one, neither the text nor the comments.
 */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #options: DocumentRules;
  readonly #valid = new LRUCache<string, DocumentNode>({
    maxSize: mostBytes,
    maxEntrySize: largestKept,
    sizeCalculation: sizeOf,
  });
  /** From the cheapest to the dearest; one phase begins if those before it found nothing. */
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
      // A subscription that could have no field makes graphql-js' own rule throw.
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

  /** The document, ready to run, or what is wrong with it. */
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

  /** From the cheapest check to the dearest, so that a document that is too large costs no more than to find that out. */
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

  /** Nothing to do: a document that has passed here is kept, unless it is too large to be. */
  async set(_key: string, _document: DocumentNode): Promise<void> {}

  async delete(key: string): Promise<boolean> {
    return this.#valid.delete(hashIn(key));
  }
}

/** The rule of a library throws what it finds, unless it is told to report it. */
const reportedAsTooLarge = {
  propagateOnRejection: false,
  onReject: [(context, error) => context?.reportError(tooLarge(error.message.replace('Syntax Error: ', '')))],
} satisfies MaxAliasesOptions;

/** Each node has its first and last token, and each token the ones beside it: from any of them hang all, comments too. */
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

/** A subscription keeps its document as long as it lasts; so this is the only one. */
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
