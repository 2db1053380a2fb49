import { type DocumentNode, getOperationAST, visit } from 'graphql';

const known = new WeakMap<DocumentNode, Map<string | null, readonly string[]>>();

/**
 * The names of the variables that the rendering of an event can depend on: all but those that only say where
 * a subscription begins.
 */
export function variablesOfEvents(document: DocumentNode, operationName: string | null): readonly string[] {
  const byOperation = known.get(document) ?? new Map<string | null, readonly string[]>();
  const names = byOperation.get(operationName) ?? find(document, operationName);
  known.set(document, byOperation.set(operationName, names));
  return names;
}

function find(document: DocumentNode, operationName: string | null): readonly string[] {
  const uses = new Map<string, number>();
  const count = (name: string, by: number) => uses.set(name, (uses.get(name) ?? 0) + by);
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void count(name.value, 1),
  });
  // Only on the subscription itself: further down, `after` belongs to a page.
  for (const selection of getOperationAST(document, operationName)?.selectionSet.selections ?? []) {
    const given = selection.kind === 'Field' ? (selection.arguments ?? []) : [];
    for (const { name, value } of given) {
      if (name.value === 'after' && value.kind === 'Variable') count(value.name.value, -1);
    }
  }
  return [...uses].flatMap(([name, left]) => (left > 0 ? [name] : [])).sort();
}
