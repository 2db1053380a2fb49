import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, getVariableValues, Kind, type OperationDefinitionNode, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const directory = 'examples/operations';
const files = readdirSync(directory);
const operations = files.filter((file) => file.endsWith('.graphql'));

/** GraphiQL replaces the placeholders; those of versions become numbers. */
function variablesOf(name: string): Record<string, unknown> {
  if (!files.includes(`${name}.json`)) return {};
  return JSON.parse(
    readFileSync(`${directory}/${name}.json`, 'utf8').replaceAll(/"\{\{\w+Version\}\}"/g, '1'),
  );
}

function operationIn(source: string): OperationDefinitionNode {
  const [definition, ...others] = parse(source).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION || others.length > 0)
    throw new Error('not one operation');
  return definition;
}

describe('examples/operations', () => {
  it('has variables for operations only', () => {
    const others = files.filter((file) => !operations.includes(file));
    expect(others.filter((file) => !operations.includes(file.replace(/\.json$/, '.graphql')))).toEqual([]);
  });

  it.each(operations)('%s is one operation of that name, valid, with good variables', (file) => {
    const source = readFileSync(`${directory}/${file}`, 'utf8');
    const operation = operationIn(source);
    const kebabCase = operation.name?.value.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
    expect(`${kebabCase}.graphql`).toBe(file);
    expect(validate(schema, parse(source))).toEqual([]);
    const variables = variablesOf(file.replace('.graphql', ''));
    expect(getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors).toBeUndefined();
  });

  it('has a welcome in GraphiQL that is valid', () => {
    expect(validate(schema, parse(readFileSync('graphiql/welcome.graphql', 'utf8')))).toEqual([]);
  });
});
