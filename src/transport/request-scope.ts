import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What is known of the request that code runs for, wherever it runs: log lines and masked errors name it. */
export class RequestScope {
  #requestId: string | undefined;

  /** @param requestId left out, one is made when it is first asked for: a subscription keeps its scope, and asks never. */
  constructor(requestId?: string) {
    this.#requestId = requestId;
  }

  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }
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
