import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
  visit,
} from 'graphql';

/**
 * The cost of an operation with these variables, which have passed validation: 1 for each field, times the
 * page sizes above it (CONTRACT.md, "Limits").
 */
export type Cost = (variables: Variables) => number;
type Variables = Readonly<Record<string, unknown>>;

/** The assumed size of a list without pages. */
const listSize = 10;
/** The assumed size of an introspection list; common tools ask for all of them. */
const introspectionListSize = 3;
/** The size of a page if it is left out, and the largest; larger ones are refused before anything is read. */
const pageSize = { usual: 20, largest: 100 };
/** Fields whose text may exceed 1,000 characters, and what they cost on top. */
const longTexts: ReadonlySet<string> = new Set(['body', 'description']);
const longTextCost = 10;
/** Above any limit, and still a safe integer when costs are added. */
const mostCost = 1e12;

/**
 * Computes once what does not depend on variables. A fragment counts wherever it is spread, but is visited
 * once, so that fragments in fragments take no extra time.
 * @param document valid for the schema
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const root = schema.getRootType(operation.operation);
  if (!root) return () => 0;
  return asFunction(new CostEstimator(schema, document, operation).of(operation.selectionSet, root));
}

/** A cost, or a function that gives it once there are variables. */
type Term = number | Cost;

function asFunction(term: Term): Cost {
  return typeof term === 'number' ? () => term : term;
}

function sum(terms: readonly Term[]): Term {
  let fixed = 0;
  const open: Cost[] = [];
  for (const term of terms) {
    if (typeof term === 'number') fixed += term;
    else open.push(term);
  }
  if (open.length === 0) return Math.min(fixed, mostCost);
  return (variables) =>
    Math.min(
      open.reduce((total, term) => total + term(variables), fixed),
      mostCost,
    );
}

function product(one: Term, other: Term): Term {
  if (typeof one === 'number' && typeof other === 'number') return Math.min(one * other, mostCost);
  const [left, right] = [asFunction(one), asFunction(other)];
  return (variables) => Math.min(left(variables) * right(variables), mostCost);
}

type Parent = GraphQLObjectType | GraphQLInterfaceType | undefined;

class CostEstimator {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #defaults: ReadonlyMap<string, ValueNode | undefined>;
  readonly #ofFragments = new Map<string, Term>();
  /** The most events in one `recordEvents` of the document, which is the most results that one may have. */
  readonly #events: Term;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#fragments = new Map(
      document.definitions.flatMap((node) =>
        node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
      ),
    );
    this.#defaults = new Map(
      operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
    );
    this.#events = this.#mostEvents(document);
  }

  of({ selections }: SelectionSetNode, parent: Parent): Term {
    return sum(
      selections.map((selection): Term => {
        if (selection.kind === Kind.FIELD) return this.#ofField(selection, parent);
        if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#ofFragment(selection.name.value);
        const { typeCondition } = selection;
        return this.of(selection.selectionSet, typeCondition ? this.#type(typeCondition.name.value) : parent);
      }),
    );
  }

  #ofFragment(name: string): Term {
    const known = this.#ofFragments.get(name);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return 0;
    // Validation has refused cycles; this ends even if it had not.
    this.#ofFragments.set(name, 0);
    const term = this.of(fragment.selectionSet, this.#type(fragment.typeCondition.name.value));
    this.#ofFragments.set(name, term);
    return term;
  }

  #ofField(field: FieldNode, parent: Parent): Term {
    const name = field.name.value;
    const own = longTexts.has(name) ? 1 + longTextCost : 1;
    if (!field.selectionSet) return own;
    const type = typeOf(name, parent);
    const below = this.of(field.selectionSet, this.#type(type && getNamedType(type).name));
    if (parent?.name === 'RecordEventsPayload' && name === 'results')
      return product(this.#events, sum([own, below]));
    return sum([own, product(this.#sizeOf(field, type, parent), below)]);
  }

  /** The factor by which the cost below the field is multiplied. */
  #sizeOf(field: FieldNode, type: GraphQLOutputType | undefined, parent: Parent): Term {
    const args = parent?.getFields()[field.name.value]?.args ?? [];
    if (args.some(({ name }) => name === 'first')) return this.#pageSizeOf(field);
    if (args.some(({ name }) => name === 'ids'))
      return this.#read([argumentOf(field, 'ids')], ([ids]) => lengthOf(ids));
    if (!type || !isListType(getNullableType(type)) || isPage(field, parent)) return 1;
    return isIntrospectionType(getNamedType(type)) ? introspectionListSize : listSize;
  }

  #pageSizeOf(field: FieldNode): Term {
    return this.#read([argumentOf(field, 'first'), argumentOf(field, 'last')], ([first, last]) => {
      const size = first ?? last ?? pageSize.usual;
      // An invalid page size is refused when the list is resolved, before anything is read.
      return typeof size === 'number' ? Math.min(Math.max(size, 1), pageSize.largest) : pageSize.largest;
    });
  }

  #mostEvents(document: DocumentNode): Term {
    const inputs: (ValueNode | undefined)[] = [];
    visit(document, {
      Field(field) {
        if (field.name.value === 'recordEvents') inputs.push(argumentOf(field, 'input'));
      },
    });
    return this.#read(inputs, (values) =>
      values.reduce((most: number, input) => Math.max(most, lengthOf(eventsOf(input))), 1),
    );
  }

  /** A number right away if no variable is involved. */
  #read(nodes: readonly (ValueNode | undefined)[], evaluate: (values: readonly unknown[]) => number): Term {
    const read = (variables: Variables) => evaluate(nodes.map((node) => this.#valueOf(node, variables)));
    return nodes.some((node) => node !== undefined && hasVariables(node)) ? read : read({});
  }

  #valueOf(node: ValueNode | undefined, variables: Variables): unknown {
    switch (node?.kind) {
      case Kind.INT:
        return Number(node.value);
      case Kind.LIST:
        return node.values.map((value) => this.#valueOf(value, variables));
      case Kind.OBJECT:
        return Object.fromEntries(
          node.fields.map(({ name, value }) => [name.value, this.#valueOf(value, variables)]),
        );
      case Kind.VARIABLE: {
        const name = node.name.value;
        if (Object.hasOwn(variables, name)) return variables[name];
        return this.#valueOf(this.#defaults.get(name), {});
      }
      default:
        return undefined;
    }
  }

  #type(name: string | undefined): Parent {
    const type = name === undefined ? undefined : this.#schema.getType(name);
    return isObjectType(type) || isInterfaceType(type) ? type : undefined;
  }
}

function typeOf(name: string, parent: Parent): GraphQLOutputType | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef.type;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef.type;
  return parent?.getFields()[name]?.type;
}

/** Whether the field is the page of a connection, whose size is counted already. */
function isPage({ name: { value } }: FieldNode, parent: Parent): boolean {
  return (value === 'nodes' || value === 'edges') && parent?.name.endsWith('Connection') === true;
}

function argumentOf(field: FieldNode, name: string): ValueNode | undefined {
  return field.arguments?.find((argument) => argument.name.value === name)?.value;
}

function hasVariables(node: ValueNode): boolean {
  if (node.kind === Kind.LIST) return node.values.some(hasVariables);
  if (node.kind === Kind.OBJECT) return node.fields.some(({ value }) => hasVariables(value));
  return node.kind === Kind.VARIABLE;
}

function eventsOf(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'events' in input ? input.events : undefined;
}

/** As GraphQL reads it: a value that is not a list is a list of one. */
function lengthOf(list: unknown): number {
  return Array.isArray(list) ? Math.max(list.length, 1) : 1;
}
