import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';

export interface ShapeLimits {
  /** How deep fields may nest. */
  readonly depth: number;
  /** The most directives in one place. */
  readonly directives: number;
}

/** How deep fields may nest below `__schema` and `__type`: the query of common tools is 15 deep. */
const introspectionDepth = 16;
/** The most errors that are reported. */
const mostErrors = 5;

/**
 * What is too large about the form of a document, found in one pass before any more expensive rule. It needs
 * no schema, terminates on cycles of fragments, and visits each fragment once, however often it is spread.
 */
export function refusedShape(
  document: DocumentNode,
  { depth, directives }: ShapeLimits,
): readonly GraphQLError[] {
  const errors = tooManyDirectives(document, directives);
  const depths = new Depths(document);
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const { ordinary, introspection } = depths.of(operation.selectionSet);
    if (ordinary > depth) errors.push(tooLarge(`At most ${depth} fields may be nested.`));
    if (introspection > introspectionDepth)
      errors.push(tooLarge(`Introspection may nest at most ${introspectionDepth} fields.`));
  }
  return errors.slice(0, mostErrors);
}

function tooManyDirectives(document: DocumentNode, most: number): GraphQLError[] {
  const errors: GraphQLError[] = [];
  visit(document, {
    enter(node) {
      if (!('directives' in node) || (node.directives?.length ?? 0) <= most) return;
      errors.push(tooLarge(`At most ${most} directives may stand in one place.`));
    },
  });
  return errors;
}

interface Depth {
  readonly ordinary: number;
  readonly introspection: number;
}

const none: Depth = { ordinary: 0, introspection: 0 };

class Depths {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /**
   * The depth of each fragment; `none` while it is visited, which ends a cycle. Validation refuses cycles
   * later.
   */
  readonly #ofFragments = new Map<string, Depth>();

  constructor(document: DocumentNode) {
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
      ),
    );
  }

  of({ selections }: SelectionSetNode): Depth {
    let [ordinary, introspection] = [0, 0];
    for (const selection of selections) {
      const depth = this.#ofSelection(selection);
      ordinary = Math.max(ordinary, depth.ordinary);
      introspection = Math.max(introspection, depth.introspection);
    }
    return { ordinary, introspection };
  }

  #ofSelection(selection: SelectionSetNode['selections'][number]): Depth {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#ofFragment(selection.name.value);
    const below = selection.selectionSet ? this.of(selection.selectionSet) : none;
    if (selection.kind === Kind.INLINE_FRAGMENT) return below;
    const name = selection.name.value;
    if (name === '__schema' || name === '__type')
      return { ordinary: 1, introspection: 1 + Math.max(below.ordinary, below.introspection) };
    return {
      ordinary: 1 + below.ordinary,
      introspection: below.introspection === 0 ? 0 : 1 + below.introspection,
    };
  }

  #ofFragment(name: string): Depth {
    const known = this.#ofFragments.get(name);
    if (known !== undefined) return known;
    this.#ofFragments.set(name, none);
    const fragment = this.#fragments.get(name);
    const depth = fragment === undefined ? none : this.of(fragment.selectionSet);
    this.#ofFragments.set(name, depth);
    return depth;
  }
}

/** An error of a document that asks for too much. */
export function tooLarge(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'OPERATION_TOO_LARGE' } });
}
