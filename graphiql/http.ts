import type { ExecutionResult } from 'graphql';

/** Relative to the page, so that a proxy may serve both below a path. */
export const endpoint = new URL('graphql', location.href).href;

export interface GraphqlRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown>;
}

/**
 * Sends one operation. Cookies are never sent: only the token says who asks.
 *
 * @throws TypeError if the server cannot be reached
 */
export async function post<Data = Record<string, unknown>>(
  request: GraphqlRequest,
  headers: HeadersInit = {},
): Promise<ExecutionResult<Data>> {
  const merged = new Headers({
    accept: 'application/json',
    'content-type': 'application/json',
    'apollo-require-preflight': '1',
  });
  for (const [name, value] of new Headers(headers)) merged.set(name, value);
  const response = await fetch(endpoint, {
    method: 'POST',
    credentials: 'omit',
    cache: 'no-store',
    headers: merged,
    body: JSON.stringify(request),
  });
  return readResult<Data>(response);
}

/** Something between the page and the server may answer with something other than JSON. */
async function readResult<Data>(response: Response): Promise<ExecutionResult<Data>> {
  const body = await response.text();
  if (response.headers.get('content-type')?.includes('json')) return JSON.parse(body);
  throw new Error(`HTTP ${response.status} ${response.statusText}: ${body.slice(0, 500)}`);
}
