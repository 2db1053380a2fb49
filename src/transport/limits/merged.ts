import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';
import { tooLarge } from './shape.ts';

/**
 * The most fields that may be merged into one field of the answer. A field with nothing but a name does not
 * count, since it costs next to nothing.
 */
const mostMerged = 100;
/** The most selections of all operations; those of a fragment count once for each spread. */
const mostSelections = 20_000;

/**
 * Limits how many fields may be merged into one field of the answer: graphql-js compares each with every
 * other one, and what is below them too. This rule is for documents that have passed the others: it would
 * report a cycle as too large.
 */
export const fewMerged: ValidationRule = (context) => ({
  Document(document) {
    const merging = new Merging(document);
    for (const node of document.definitions) {
      if (node.kind !== Kind.OPERATION_DEFINITION || !merging.isTooMuch([node.selectionSet])) continue;
      context.reportError(tooLarge(`At most ${mostMerged} fields may be merged into one.`));
      return BREAK;
    }
    return false;
  },
});

class Merging {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  #left = mostSelections;

  constructor({ definitions }: DocumentNode) {
    for (const node of definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(node.name.value, node);
  }

  /** @param sets all selection sets of one object of the answer */
  isTooMuch(sets: readonly SelectionSetNode[]): boolean {
    for (const fields of this.#fieldsOf(sets).values()) {
      if (fields.length > mostMerged) return true;
      const below = fields.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0 && this.isTooMuch(below)) return true;
    }
    return this.#left < 0;
  }

  /** Fields by their names in the answer; empty once the bound is exceeded, which ends cycles too. */
  #fieldsOf(sets: readonly SelectionSetNode[]): ReadonlyMap<string, readonly FieldNode[]> {
    const fields: FieldNode[] = [];
    const spread = new Set<string>();
    const todo = [...sets];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      this.#left -= next.selections.length;
      if (this.#left < 0) return new Map();
      for (const node of next.selections) {
        if (node.kind === Kind.FIELD) {
          if (node.selectionSet || node.arguments?.length) fields.push(node);
        } else if (node.kind === Kind.INLINE_FRAGMENT) todo.push(node.selectionSet);
        else if (!spread.has(node.name.value)) {
          spread.add(node.name.value);
          const fragment = this.#fragments.get(node.name.value);
          if (fragment !== undefined) todo.push(fragment.selectionSet);
        }
      }
    }
    return Map.groupBy(fields, ({ name, alias }) => (alias ?? name).value);
  }
}
