import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of the request that code runs for, wherever it runs: log lines and masked errors name it. */
export interface RequestScope {
  readonly requestId: string;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work` for a request, and all that it starts. */
export function inRequest<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** The id of the present request; undefined in work that no request asked for. */
export function currentRequestId(): string | undefined {
  return scopes.getStore()?.requestId;
}
