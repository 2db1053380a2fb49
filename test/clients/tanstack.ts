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
  // A subscription keeps the data fresh, so it never has to be refetched.
  return new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
}
