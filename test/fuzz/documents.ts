import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Dice } from './dice.ts';
import type { Json, Values } from './values.ts';

/** A request as a client writes it; absent members are not sent. */
export type FuzzedRequest = {
  readonly query: string;
  readonly variables?: Json;
  readonly operationName?: Json;
};

/** Fields that would break other cases, for example by ending a session. */
const never = new Set([
  'signOut',
  'deleteAccount',
  'deleteUser',
  'suspendAccount',
  'setRole',
  'changePassword',
]);

const mostFields = 30;
const deepest = 7;

/** Writes documents by the grammar of the schema; most of them can be executed. */
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #dice: Dice;
  readonly #values: Values;
  #variables: { readonly name: string; readonly type: string; readonly value: Json }[] = [];
  #fragments: string[] = [];
  #fields = 0;
  /** Whether the document should have mistakes. Without them it is executed, whatever the result. */
  #mistakes = false;

  constructor(schema: GraphQLSchema, dice: Dice, values: Values) {
    this.#schema = schema;
    this.#dice = dice;
    this.#values = values;
  }

  request(): FuzzedRequest {
    const dice = this.#dice;
    this.#variables = [];
    this.#fragments = [];
    this.#fields = 0;
    this.#mistakes = dice.chance(35);
    this.#values.mistakes = this.#mistakes;
    const kind = dice.pick(['query', 'query', 'query', 'mutation', 'mutation', 'subscription'] as const);
    const root = this.#rootOf(kind);
    const roots = kind === 'subscription' ? 1 : 1 + dice.below(3);
    const open = fieldsOf(root).filter(({ name }) => !never.has(name));
    const picked = new Set(Array.from({ length: roots }, () => dice.pick(open)));
    const selections = [...picked].map((field) => this.#field(field, kind === 'subscription' ? -1 : 0));
    const declared = this.#variables.map(({ name, type }) => `$${name}: ${type}`);
    // Occasionally without a declaration, or with one that nothing uses.
    if (this.#mistake(5)) declared.pop();
    if (this.#mistake(5)) declared.push('$unused: Int');
    const name = dice.chance(60) ? ' Fuzzed' : '';
    const head = `${kind}${name}${declared.length > 0 ? `(${declared.join(', ')})` : ''}${this.#mistake(5) ? ' @skip(if: true)' : ''}`;
    const other = this.#mistake(10) ? ' query Other { hello { message } }' : '';
    const query = `${head} { ${selections.join(' ')} }${other} ${this.#fragments.join(' ')}`;
    const variables = Object.fromEntries(
      this.#variables.filter(() => !this.#mistake(5)).map(({ name: key, value }) => [key, value]),
    );
    return {
      query,
      ...(Object.keys(variables).length > 0 && { variables }),
      ...(this.#mistake(15) && { operationName: dice.pick(['Fuzzed', 'Other', 'Nobody', '', null]) }),
      ...(name !== '' && dice.chance(30) && { operationName: 'Fuzzed' }),
    };
  }

  #rootOf(kind: 'query' | 'mutation' | 'subscription'): GraphQLObjectType {
    const root = {
      query: this.#schema.getQueryType(),
      mutation: this.#schema.getMutationType(),
      subscription: this.#schema.getSubscriptionType(),
    }[kind];
    if (!root) throw new Error(`The schema has no ${kind}.`);
    return root;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const dice = this.#dice;
    this.#fields++;
    const alias = dice.chance(5)
      ? `${dice.pick(['a', '__proto__', 'constructor', 'then'])}${this.#mistake(30) ? '' : this.#fields}: `
      : '';
    const args = field.args.flatMap((arg) => this.#argument(arg));
    const given = args.length > 0 ? `(${args.join(', ')})` : '';
    const type = getNamedType(field.type);
    const below = isCompositeType(type) ? ` ${this.#selectionSet(type, depth + 1)}` : '';
    const directives = depth < 0 && !this.#mistake(20) ? '' : this.#directives();
    return `${alias}${field.name}${given}${directives}${below}`;
  }

  #selectionSet(type: GraphQLCompositeType, depth: number): string {
    const dice = this.#dice;
    const picked: string[] = [];
    if (isAbstractType(type) || dice.chance(10)) picked.push('__typename');
    if (isAbstractType(type) && depth < deepest) {
      for (const possible of this.#schema.getPossibleTypes(type))
        if (dice.chance(40))
          picked.push(`... on ${possible.name} ${this.#selectionSet(possible, depth + 1)}`);
    }
    for (const field of fieldsOf(type)) {
      const isNested = isCompositeType(getNamedType(field.type));
      if (this.#fields > mostFields || (isNested && depth >= deepest)) continue;
      if (dice.chance(isNested ? 30 : 35)) picked.push(this.#field(field, depth));
    }
    if (dice.chance(4)) picked.push(this.#fragment(type, depth));
    if (this.#mistake(1)) picked.push('noSuchField');
    if (picked.length === 0) picked.push('__typename');
    return `{ ${picked.join(' ')} }`;
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const name = `F${this.#fragments.length}`;
    this.#fragments.push('');
    this.#fragments[Number(name.slice(1))] =
      `fragment ${name} on ${type.name} ${this.#selectionSet(type, Math.max(depth, deepest - 1))}`;
    return `...${name}${this.#directives()}`;
  }

  #argument(arg: GraphQLArgument): string[] {
    const dice = this.#dice;
    const isNeeded = isNonNullType(arg.type) && arg.defaultValue === undefined;
    const wanted = String(arg.type) === 'Cursor' ? 6 : 35;
    if (isNeeded ? this.#mistake(3) : !dice.chance(wanted)) return [];
    const value = this.#values.of(arg.type);
    return [`${arg.name}: ${dice.chance(50) ? this.#variable(arg.type, value) : literalOf(value, arg.type)}`];
  }

  #variable(type: GraphQLInputType, value: Json): string {
    const name = `v${this.#variables.length}`;
    const declared = this.#mistake(5) ? 'String' : String(type);
    this.#variables.push({ name, type: declared, value });
    return `$${name}`;
  }

  #directives(): string {
    const dice = this.#dice;
    if (!dice.chance(4)) return '';
    if (this.#mistake(20))
      return dice.pick([' @nobody', ' @include', ' @skip(if: $missing)', ' @skip(if: 1)']);
    const condition = dice.chance(40) ? dice.pick(['true', 'false']) : this.#boolean();
    return ` ${dice.pick(['@include', '@skip'])}(if: ${condition})`;
  }

  /** True with a probability of `percent` per cent, but only in a document with mistakes. */
  #mistake(percent: number): boolean {
    return this.#mistakes && this.#dice.chance(percent);
  }

  #boolean(): string {
    const name = `b${this.#variables.length}`;
    // A nullable variable passes validation, and fails when the directive is evaluated.
    const type = this.#dice.chance(50) ? 'Boolean!' : 'Boolean = true';
    const value = type === 'Boolean!' || this.#dice.chance(60) ? this.#dice.chance(50) : null;
    this.#variables.push({ name, type, value });
    return `$${name}`;
  }
}

function fieldsOf(type: GraphQLCompositeType): readonly GraphQLField<unknown, unknown>[] {
  return 'getFields' in type ? Object.values(type.getFields()) : [];
}

/** The value as a literal in a document. */
function literalOf(value: Json, type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (typeof value === 'string') {
    const isName = isEnumType(named) && /^[A-Z_]+$/.test(value);
    return isName ? value : JSON.stringify(value);
  }
  if (value === null || typeof value !== 'object') return String(value);
  if (isNonNullType(type)) return literalOf(value, type.ofType);
  if (isArray(value)) {
    const item = isListType(type) ? type.ofType : type;
    return `[${value.map((one) => literalOf(one, item)).join(', ')}]`;
  }
  const fields = isInputObjectType(named) ? named.getFields() : {};
  const members = Object.entries(value).map(
    ([key, item]) => `${/^\w+$/.test(key) ? key : 'x'}: ${literalOf(item, fields[key]?.type ?? named)}`,
  );
  return `{${members.join(', ')}}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
