import type { ExecutionResult, GraphQLFormattedError } from 'graphql';

export interface Account {
  userId: string;
  username: string;
  displayName: string;
  role: string;
}

/** @throws Error with the first problem that the server reported */
export function dataOf(result: ExecutionResult): Record<string, unknown> {
  const [error] = result.errors ?? [];
  const problem = error ? refusalOf(error) : userErrorIn(result.data);
  if (problem) throw new Error(problem);
  return result.data ?? {};
}

/** The server's message, and when to try again if the server says so. */
function refusalOf({ message, extensions }: Pick<GraphQLFormattedError, 'message' | 'extensions'>): string {
  const retryAfter = extensions?.retryAfter;
  if (typeof retryAfter !== 'number') return message;
  const at = new Date(Date.now() + retryAfter * 1_000).toLocaleTimeString([], { timeStyle: 'short' });
  const minutes = Math.ceil(retryAfter / 60);
  const wait = retryAfter <= 90 ? `${retryAfter} seconds` : `${minutes} minutes, at ${at}`;
  return `${message.replace(/ Try again later\.$/, '')} Try again in ${wait}.`;
}

function userErrorIn(data: unknown): string | null {
  for (const payload of Object.values(isRecord(data) ? data : {})) {
    const errors = isRecord(payload) ? payload.userErrors : null;
    const first: unknown = Array.isArray(errors) ? errors[0] : null;
    if (isRecord(first)) return stringIn(first, 'message');
  }
  return null;
}

export function tokensIn(data: unknown): { accessToken: string; refreshToken: string | null } | null {
  for (const payload of Object.values(isRecord(data) ? data : {})) {
    const accessToken = stringIn(payload, 'accessToken');
    if (accessToken) return { accessToken, refreshToken: stringIn(payload, 'refreshToken') };
  }
  return null;
}

export function accountIn(viewer: unknown): Account | null {
  if (!isRecord(viewer) || !isRecord(viewer.user)) return null;
  const { id, username, displayName } = viewer.user;
  return {
    userId: String(id),
    username: String(username),
    displayName: String(displayName),
    role: String(viewer.role),
  };
}

export function isUnauthenticated(result: ExecutionResult): boolean {
  return result.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED') ?? false;
}

export function stringIn(value: unknown, name: string): string | null {
  const found = isRecord(value) ? value[name] : null;
  return typeof found === 'string' ? found : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
