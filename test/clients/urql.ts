import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange, type UpdatesConfig } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { Client as Live } from 'graphql-ws';
import type { Session } from '../../examples/session.ts';

/** @param updates how mutations add to lists */
export function createUrql(url: string, session: Session, live: Live, updates: UpdatesConfig = {}): Client {
  return new Client({
    url,
    // Each request gets a fresh token, like the socket.
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${await session.token()}`);
      return fetch(input, { ...init, headers });
    },
    exchanges: [
      cacheExchange({
        // These have no id of their own.
        keys: { Money: () => null },
        updates,
        resolvers: { User: { posts: relayPagination() } },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: live.subscribe({ ...request, query: request.query ?? '' }, sink),
          }),
        }),
      }),
    ],
  });
}
