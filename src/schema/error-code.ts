import { GraphQLError, Kind } from 'graphql';

/**
 * The code that a client is to see for an error of parsing, validation or execution; undefined where it has none
 * yet. Apollo Server says GRAPHQL_VALIDATION_FAILED for a malformed scalar in the document and, like
 * graphql-ws, nothing at all for one that is found while arguments are made from variables; all of them are
 * BAD_USER_INPUT here, as they are in variables.
 */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const { code } = error.extensions;
  if (typeof code === 'string' && code !== 'GRAPHQL_VALIDATION_FAILED') return code;
  if (isMalformedInput(error)) return 'BAD_USER_INPUT';
  return typeof code === 'string' ? code : undefined;
}

function isMalformedInput(error: GraphQLError): boolean {
  if (error.extensions.code === 'BAD_USER_INPUT' || isRefusedByGraphQL(error)) return true;
  return error.originalError instanceof GraphQLError && isMalformedInput(error.originalError);
}

const scalarRefusal = /^(ID|Int|Float|String|Boolean) cannot represent /;
const variableRefusal = /^Variable "\$\w+" (got invalid value|of required type|of non-null type) /;
const argumentRefusal = /^Argument "\w+" (has invalid value|of required type|of non-null type) /;

/** graphql-js gives its own refusals no code, so that they are known by their words and by what they point at. */
function isRefusedByGraphQL({ message, nodes }: GraphQLError): boolean {
  const kind = nodes?.[0]?.kind;
  // What a resolver throws, or gives that can't be sent, points at its field or at nothing.
  if (kind === undefined || kind === Kind.FIELD) return false;
  if (kind === Kind.VARIABLE_DEFINITION) return variableRefusal.test(message);
  return scalarRefusal.test(message) || argumentRefusal.test(message);
}
