import { GraphQLError, Kind } from 'graphql';

/**
 * The code that a client should see for an error of parsing, validation or execution; undefined if it has
 * none yet. For a malformed scalar in the document, Apollo Server uses GRAPHQL_VALIDATION_FAILED; for one
 * found while arguments are made from variables, it uses no code, and neither does graphql-ws. Here all of
 * them are BAD_USER_INPUT, as they are in variables.
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

/**
 * graphql-js gives its own refusals no code, so they are recognized by their message and by the node that
 * they refer to.
 */
function isRefusedByGraphQL({ message, nodes }: GraphQLError): boolean {
  const kind = nodes?.[0]?.kind;
  // An error from a resolver, or about a value that can't be serialized, refers to its field or to nothing.
  if (kind === undefined || kind === Kind.FIELD) return false;
  if (kind === Kind.VARIABLE_DEFINITION) return variableRefusal.test(message);
  return scalarRefusal.test(message) || argumentRefusal.test(message);
}
