import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is known of the request that code runs for, wherever it runs: log lines and masked errors name it. */
class RequestScope {
  #requestId: string | undefined;

  constructor(requestId?: string) {
    this.#requestId = requestId;
  }

  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }
}

const scopes = new AsyncLocalStorage<RequestScope>();

/**
 * Runs `work` for a request, and all that it starts.
 * @param requestId left out, one is made when it is first asked for: a subscription keeps its scope, and asks never
 */
export function inRequest<T>(work: () => T, requestId?: string): T {
  return scopes.run(new RequestScope(requestId), work);
}

/** The id of the present request; undefined in work that no request asked for. */
export function currentRequestId(): string | undefined {
  return scopes.getStore()?.requestId;
}
