import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is known of the request that code runs for. Log lines and masked errors contain its id. */
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
 * Runs `work`, and all that it starts, in the scope of a request.
 * @param requestId if left out, one is made when it is first needed; a subscription keeps its scope and
 *   rarely needs one
 */
export function inRequest<T>(work: () => T, requestId?: string): T {
  return scopes.run(new RequestScope(requestId), work);
}

/** The id of the current request; undefined outside of requests. */
export function currentRequestId(): string | undefined {
  return scopes.getStore()?.requestId;
}
