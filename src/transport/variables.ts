import {
  coerceInputValue,
  type GraphQLError,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { badUserInput } from '../domain/errors.ts';
import { withoutValues } from './error-text.ts';

/** The most errors that are reported for one request. */
const mostErrors = 10;

/** Stops checking variables once there are enough errors. */
class EnoughErrors extends Error {}

/**
 * The errors in the variables of an operation (GraphQL spec, 6.1.2). graphql-js finds them too, but repeats
 * the whole input in each error: a password, or a megabyte.
 * @param suggestions whether an error may suggest fields that the client did not name
 */
export function refusedVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  suggestions: boolean,
): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  const report = (definition: VariableDefinitionNode, message: string) => {
    errors.push(badUserInput(message, { nodes: definition }));
    if (errors.length >= mostErrors) throw new EnoughErrors();
  };
  try {
    for (const definition of variableDefinitions) check({ schema, given, suggestions, report }, definition);
  } catch (error) {
    if (!(error instanceof EnoughErrors)) throw error;
  }
  return errors;
}

interface Checking {
  readonly schema: GraphQLSchema;
  readonly given: Readonly<Record<string, unknown>>;
  readonly suggestions: boolean;
  readonly report: (definition: VariableDefinitionNode, message: string) => void;
}

function check({ schema, given, suggestions, report }: Checking, definition: VariableDefinitionNode): void {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type)) return;
  if (!Object.hasOwn(given, name)) {
    if (definition.defaultValue === undefined && isNonNullType(type))
      report(definition, `Variable "$${name}" of required type "${type}" was not provided.`);
    return;
  }
  if (given[name] === null && isNonNullType(type)) {
    report(definition, `Variable "$${name}" of non-null type "${type}" must not be null.`);
    return;
  }
  coerceInputValue(
    given[name],
    type,
    (path, _value, error) => {
      const place = path.length === 0 ? '' : ` at "${name}${placeOf(path)}"`;
      report(definition, `Variable "$${name}" got an invalid value${place}; ${withoutValues(error.message)}`);
    },
    !suggestions,
  );
}

function placeOf(path: readonly (string | number)[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
}
