import type { FastifyRequest } from 'fastify';
import { isUtf8 } from './answer-type.ts';
import { parseJson } from './json.ts';
import { isPersisted, malformedHash } from './known-documents.ts';
import type { IsAllowedOrigin } from './origins.ts';

/** What a client asks for, in the form of GraphQL over HTTP. */
export interface HttpOperationRequest {
  /** Null only if `extensions` has its hash. */
  readonly query: string | null;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown> | null;
  readonly extensions: Record<string, unknown> | null;
}

/** A malformed request, whatever its GraphQL says: it is not executed, and answered with this status. */
export class MalformedRequest extends Error {
  readonly statusCode: 400 | 406 | 415;

  constructor(message: string, statusCode: MalformedRequest['statusCode'] = 400) {
    super(message);
    this.statusCode = statusCode;
  }
}

type Headers = FastifyRequest['headers'];

/** A page of another site can't send these headers without a preflight, which only allowed origins pass. */
const preflighted = ['apollo-require-preflight', 'x-apollo-operation-name'] as const;

/**
 * Reads the operation from the body of a POST or from the query string of a GET.
 * @param search what follows the `?`
 * @throws MalformedRequest
 */
export function readOperation({
  method,
  headers,
  body,
  search,
  isAllowedOrigin,
}: {
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly search: string;
  readonly isAllowedOrigin: IsAllowedOrigin;
}): HttpOperationRequest {
  if (method === 'POST') return operationOf(fieldsOf(body));
  refuseOtherSites(headers, isAllowedOrigin);
  return operationOf(fieldsOfSearch(search));
}

/**
 * Refuses a body that is compressed or not in UTF-8, before it is parsed.
 * @throws MalformedRequest
 */
export function requirePlainBody(headers: Headers): void {
  if (isCoded(headers['content-encoding'], 'identity') || isCoded(headers['transfer-encoding'], 'chunked'))
    throw new MalformedRequest('A body may not be compressed.', 415);
  const charsets = (headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*([^;\s]*)/gi);
  if (charsets.some(([, charset = '']) => !isUtf8(charset)))
    throw new MalformedRequest('JSON must be in UTF-8.', 415);
}

/** Whether a body has codings other than the one that changes nothing. */
function isCoded(codings: string | undefined, plain: string): boolean {
  const coding = codings?.trim().toLowerCase() ?? '';
  return coding !== '' && coding !== plain;
}

/**
 * A page of another site may send a GET, for example as an image. It could change nothing and read nothing:
 * no cookie signs anybody in, and CORS keeps the answer from it. But it could make its visitors spend their
 * points on queries, so it is refused.
 */
function refuseOtherSites(headers: Headers, isAllowedOrigin: IsAllowedOrigin): void {
  const { 'sec-fetch-site': site, origin } = headers;
  if (site !== 'cross-site' || (origin !== undefined && isAllowedOrigin(origin))) return;
  if (preflighted.some((name) => headers[name])) return;
  throw new MalformedRequest(
    `A GET from a page of another site needs one of the headers ${preflighted.join(' and ')}.`,
  );
}

interface Fields {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

function fieldsOf(body: unknown): Fields {
  if (Array.isArray(body))
    throw new MalformedRequest('There are no batches: send one operation in a request.');
  if (isRecord(body)) return body;
  throw new MalformedRequest('The body has to be a JSON object with a query.');
}

function fieldsOfSearch(search: string): Fields {
  requireUtf8(search);
  const parameters = new URLSearchParams(search);
  const text = (name: string) => {
    const [value, another] = parameters.getAll(name);
    if (another !== undefined) throw new MalformedRequest(`${name} may be given once.`);
    return value;
  };
  const json = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : parse(name, value);
  };
  return {
    query: text('query'),
    // In a URL, an empty name means none (GraphQL over HTTP, "GET").
    operationName: text('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

/** `URLSearchParams` would silently replace invalid UTF-8 with another character. */
function requireUtf8(search: string): void {
  const escapes = search.match(/(?:%[\da-f]{2})+/gi) ?? [];
  if (/[^\x21-\x7e]/.test(search) || !escapes.every(isDecodable))
    throw new MalformedRequest('A URL is written in UTF-8, with escapes for what is not ASCII.');
}

function isDecodable(escapes: string): boolean {
  try {
    decodeURIComponent(escapes);
    return true;
  } catch {
    return false;
  }
}

function parse(name: string, json: string): unknown {
  try {
    return parseJson(json);
  } catch {
    throw new MalformedRequest(`${name} has to be JSON.`);
  }
}

function operationOf({ query, operationName, variables, extensions }: Fields): HttpOperationRequest {
  const operation = {
    query: textOf('query', query),
    operationName: textOf('operationName', operationName),
    variables: recordOf('variables', variables),
    extensions: recordOf('extensions', extensions),
  };
  const { persistedQuery } = operation.extensions ?? {};
  const isNamed = persistedQuery !== undefined && persistedQuery !== null;
  if (isNamed && !isPersisted(operation.extensions)) throw new MalformedRequest(malformedHash);
  if (!isNamed && operation.query === null) throw new MalformedRequest('query is missing.');
  return operation;
}

function textOf(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new MalformedRequest(`${name} has to be a string.`);
}

function recordOf(name: string, value: unknown): Record<string, unknown> | null {
  if (value === undefined || value === null) return null;
  if (isRecord(value)) return value;
  throw new MalformedRequest(`${name} has to be an object.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
