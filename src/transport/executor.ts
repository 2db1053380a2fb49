import { type ExecutionArgs, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { boundedResult } from './answer.ts';

export interface ExecutorOptions {
  readonly schema: GraphQLSchema;
  /** The most bytes of an answer. */
  readonly maxAnswer: number;
}

/** Runs queries and mutations, over HTTP and WebSocket alike. */
export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** The result, or the error that it is larger than an answer may be. */
  async run(operation: Omit<ExecutionArgs, 'schema'>): Promise<ExecutionResult> {
    const { schema, maxAnswer } = this.#options;
    const result = boundedResult(await execute({ ...operation, schema }), maxAnswer);
    const cost = reportedCostOf(operation.contextValue);
    return cost === undefined ? result : { ...result, extensions: { cost } };
  }
}

function reportedCostOf(context: unknown): number | undefined {
  const isAsked = typeof context === 'object' && context !== null && 'reportedCost' in context;
  return isAsked && typeof context.reportedCost === 'number' ? context.reportedCost : undefined;
}
