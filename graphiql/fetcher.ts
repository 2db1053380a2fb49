import type { Fetcher } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';
import type { Sink } from 'graphql-ws';
import { type GraphqlRequest, post } from './http.ts';
import { listen } from './live.ts';
import { bearer, follow, freshToken, liveCursor, report } from './session.ts';

/** How GraphiQL runs what is in the editor: subscriptions over the WebSocket, everything else over HTTP. */
export const fetcher: Fetcher = (request, options) => {
  if (isSubscription(request.operationName, options)) return subscription(request);
  if (request.operationName === 'IntrospectionQuery') return post(request);
  return run(request, options?.headers);
};

type FetcherOptions = Parameters<Fetcher>[1];

function isSubscription(operationName: string | null | undefined, options: FetcherOptions): boolean {
  return (
    options?.documentAST?.definitions.some(
      (definition) =>
        definition.kind === 'OperationDefinition' &&
        definition.operation === 'subscription' &&
        (!operationName || definition.name?.value === operationName),
    ) ?? false
  );
}

/** Headers from the headers editor override the others. */
async function run(request: GraphqlRequest, headers: Record<string, string> = {}): Promise<ExecutionResult> {
  const token = await freshToken();
  const liveFrom = /\bsign(In|Up)/.test(request.query) ? await liveCursor() : null;
  const result = await post(request, { ...bearer(token), ...lowercaseNames(headers) });
  follow(result, token, liveFrom).catch(report);
  return result;
}

function lowercaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function subscription(request: GraphqlRequest): ReturnType<Fetcher> {
  return {
    subscribe(sink?: Sink<ExecutionResult> | ((result: ExecutionResult) => void)) {
      if (typeof sink !== 'object') throw new TypeError('GraphiQL subscribes with a sink.');
      return { unsubscribe: listen(request, sink) };
    },
  };
}
