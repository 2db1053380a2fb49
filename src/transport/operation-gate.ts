import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { FairLimit } from '../database/fair-limit.ts';
import type { Documents } from './documents.ts';
import type { DocumentRequest, KnownDocuments } from './known-documents.ts';
import { type Cost, costOf } from './limits/cost.ts';
import { type Caller, payerOf } from './limits/payer.ts';
import type { Rates } from './limits/rates.ts';
import { tooLarge } from './limits/shape.ts';
import { refusedVariables } from './variables.ts';

/** A well-formed request as a client sends it, over HTTP or WebSocket. */
export interface OperationRequest extends DocumentRequest {
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** An operation that may be executed. */
export interface AdmittedOperation {
  /** The text of its document. */
  readonly query: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** In points. */
  readonly cost: number;
}

/** Why an operation is not executed. */
export class RefusedOperation extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('The operation is refused.');
    this.errors = errors;
  }
}

export interface OperationGateOptions {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly known: KnownDocuments;
  readonly rates: Rates;
  /** The most points of one operation. */
  readonly maxCost: number;
  readonly suggestions: boolean;
}

/** What every request costs, before anything is known about it. */
const knock = 1;
/** What a refused operation costs on top, plus one point for each KiB that had to be read. */
const refusalCost = 9;

interface OperationPlan {
  readonly operation: OperationDefinitionNode;
  readonly cost: Cost;
}

/**
 * Decides whether an operation is executed, by the same rules for HTTP and WebSocket: its document is valid
 * and within the limits, its variables fit their types, and its payer can pay for it. Nothing here queries
 * PostgreSQL.
 */
export class OperationGate {
  readonly #options: OperationGateOptions;
  readonly #plans = new WeakMap<DocumentNode, Map<string | null, OperationPlan>>();

  constructor(options: OperationGateOptions) {
    this.#options = options;
  }

  /** @param limit runs the checks of documents, fairly between payers; if left out, they run at once */
  async admit(
    request: OperationRequest,
    caller: Caller,
    limit?: FairLimit,
  ): Promise<AdmittedOperation | RefusedOperation> {
    const { rates } = this.#options;
    const payer = payerOf(caller);
    try {
      await rates.take(payer, knock);
      const judge = () => withinTheStack(() => this.#judge(request));
      const admitted = limit === undefined ? judge() : await limit.run(`${payer.kind} ${payer.id}`, judge);
      if (admitted instanceof RefusedOperation)
        rates.charge(payer, refusalCost + Math.floor((request.query?.length ?? 0) / 1024));
      else if (admitted.cost > knock) await rates.take(payer, admitted.cost - knock);
      return admitted;
    } catch (error) {
      return new RefusedOperation([asGraphQLError(error)]);
    }
  }

  #judge(request: OperationRequest): AdmittedOperation | RefusedOperation {
    const { operationName = null, variables } = request;
    const { schema, documents, known, maxCost, suggestions } = this.#options;
    const query = known.textOf(request);
    if (query instanceof GraphQLError) return new RefusedOperation([query]);
    const stranger = known.refuse(query);
    if (stranger !== undefined) return new RefusedOperation([stranger]);
    const document = documents.prepare(query);
    if (!('kind' in document)) return new RefusedOperation(document);
    const plan = this.#planOf(document, operationName);
    if (plan instanceof GraphQLError) return new RefusedOperation([plan]);
    const given = variables ?? {};
    const errors = refusedVariables(schema, plan.operation, given, suggestions);
    if (errors.length > 0) return new RefusedOperation(errors);
    const cost = plan.cost(given);
    if (cost > maxCost)
      return new RefusedOperation([
        tooLarge(`The operation costs ${cost} points; at most ${maxCost} are allowed.`),
      ]);
    known.keep(request);
    return { query, document, operation: plan.operation, cost };
  }

  #planOf(document: DocumentNode, operationName: string | null): OperationPlan | GraphQLError {
    const plans = this.#plans.get(document) ?? new Map<string | null, OperationPlan>();
    const known = plans.get(operationName);
    if (known !== undefined) return known;
    const operation = getOperationAST(document, operationName);
    if (!operation) return unresolved(document, operationName);
    const plan = { operation, cost: costOf(this.#options.schema, document, operation) };
    this.#plans.set(document, plans.set(operationName, plan));
    return plan;
  }
}

/**
 * A stack overflow means that the document is nested too deep: hundreds of brackets are enough, within the
 * limit of tokens.
 */
function withinTheStack(
  judge: () => AdmittedOperation | RefusedOperation,
): AdmittedOperation | RefusedOperation {
  try {
    return judge();
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    return new RefusedOperation([tooLarge('The operation is nested too deep to be read.')]);
  }
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

function unresolved({ definitions }: DocumentNode, operationName: string | null): GraphQLError {
  const some = definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const message = !some
    ? 'The document has no operation.'
    : operationName === null
      ? 'The document has several operations: choose one with operationName.'
      : 'The document has no operation of this name.';
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

/** An error before an operation runs becomes the operation's own error, and affects no other. */
export function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}
