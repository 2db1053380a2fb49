import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { ApiError } from '../domain/errors.ts';
import { codeOf } from '../schema/error-code.ts';
import { withoutValues } from './error-text.ts';
import { currentRequestId } from './request-scope.ts';

/** Turns any error into the one that a client sees. */
export type PresentError = (error: unknown) => GraphQLFormattedError;

/** The most locations in the document that one error reports. */
const mostLocations = 5;

/**
 * Makes the one function that all errors pass on their way out, over HTTP and WebSocket alike. An error whose
 * code is in the contract goes out, without any input values in its message. Every other error is masked and
 * logged under the request's id, because messages of drivers and libraries contain SQL, paths and other
 * people's rows.
 */
export function errorPresenter(log: Logger): PresentError {
  return (error) => {
    const located = error instanceof GraphQLError ? error : undefined;
    const place = {
      ...(located?.locations && { locations: located.locations.slice(0, mostLocations) }),
      ...(located?.path && { path: located.path }),
    };
    const cause = rootOf(error);
    const code = requestCodeOf(error) ?? codeOf(error);
    if (cause instanceof ApiError) {
      return { message: cause.message, ...place, extensions: { code: cause.code, ...cause.details } };
    }
    if (located !== undefined && code !== undefined && code !== 'INTERNAL_SERVER_ERROR') {
      const extensions = { ...publicExtensions(located), code };
      return { message: withoutValues(located.message), ...place, extensions };
    }
    return { ...place, ...masked(cause, log) };
  };
}

const tooManyTokens = /^Syntax Error: Document contains more tha[nt] \d+ (?:tokens|comments)/;
const tooDeepIntrospection = 'Maximum introspection depth exceeded';

/** The code for what graphql-js and Apollo Server refuse before execution, under another code or none. */
function requestCodeOf(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  if (tooManyTokens.test(error.message) || error.message === tooDeepIntrospection)
    return 'OPERATION_TOO_LARGE';
  const { code, http } = error.extensions;
  const said = code !== undefined && code !== 'INTERNAL_SERVER_ERROR';
  return !said && refused.safeParse(http).success ? 'BAD_REQUEST' : undefined;
}

/** The HTTP status that Apollo Server gives to a request that is itself at fault. */
const refused = z.object({ status: z.int().min(400).max(499) });

function masked(cause: unknown, log: Logger): Pick<GraphQLFormattedError, 'message' | 'extensions'> {
  const requestId = currentRequestId();
  if (isDatabaseUnavailable(cause)) {
    log.error({ err: cause }, 'the database is unavailable');
    return {
      message: 'The service is temporarily unavailable. Try again.',
      extensions: { code: 'SERVICE_UNAVAILABLE', requestId },
    };
  }
  log.error({ err: cause }, 'an unexpected error was masked');
  return {
    message: 'Something went wrong on our side.',
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  };
}

/** The error that a resolver threw: GraphQL wraps it, and Apollo Server may wrap it again. */
export function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error;
}

/** The extensions without Apollo's internal ones: the HTTP status, and a stack trace in development. */
function publicExtensions({ extensions }: GraphQLError): Record<string, unknown> {
  const { http: _http, stacktrace: _stacktrace, exception: _exception, ...rest } = extensions;
  return rest;
}
