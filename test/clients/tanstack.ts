import { QueryClient } from '@tanstack/query-core';
import { GraphQLClient } from 'graphql-request';
import type { Session } from '../../examples/session.ts';

export function createRequests(url: string, session: Session): GraphQLClient {
  return new GraphQLClient(url, {
    requestMiddleware: async (request) => ({
      ...request,
      headers: {
        ...Object.fromEntries(new Headers(request.headers)),
        authorization: `Bearer ${await session.token()}`,
      },
    }),
  });
}

export function createQueries(): QueryClient {
  // What a subscription keeps fresh need not be asked for again.
  return new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
}
