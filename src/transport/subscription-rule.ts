import {
  type FragmentDefinitionNode,
  GraphQLError,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';

const conditions: ReadonlySet<string> = new Set(['skip', 'include']);

/**
 * Forbids conditions on the root field of a subscription (GraphQL, September 2025, 5.2.4.1): without its one
 * field there would be nothing to subscribe to, and graphql-js throws.
 */
export const unconditionalSubscription: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation !== 'subscription') return;
    for (const node of rootSelections(selectionSet, (name) => context.getFragment(name))) {
      const condition = node.directives?.find(({ name }) => conditions.has(name.value));
      if (condition === undefined) continue;
      const message = 'The root field of a subscription cannot have @skip or @include.';
      context.reportError(new GraphQLError(message, { nodes: condition }));
    }
  },
});

/** The root fields and the fragments around them, each fragment once. */
function rootSelections(
  root: SelectionSetNode,
  fragment: (name: string) => FragmentDefinitionNode | null | undefined,
): SelectionNode[] {
  const found: SelectionNode[] = [];
  const spread = new Set<string>();
  const left = [root];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const node of next.selections) {
      found.push(node);
      if (node.kind === 'InlineFragment') left.push(node.selectionSet);
      if (node.kind !== 'FragmentSpread' || spread.has(node.name.value)) continue;
      spread.add(node.name.value);
      const definition = fragment(node.name.value);
      if (definition) left.push(definition.selectionSet);
    }
  }
  return found;
}
