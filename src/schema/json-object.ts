import { GraphQLScalarType, Kind, type ObjectFieldNode, type ValueNode } from 'graphql';
import { badUserInput } from '../domain/errors.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

type GivenVariables = Readonly<Record<string, unknown>> | null | undefined;

/** How deep objects and arrays may nest. */
const maxDepth = 32;

/**
 * JSON objects. Refuses the key __proto__, which code that copies properties would take for the prototype;
 * numbers too large for a double; and more than 32 levels.
 */
export const GraphQLJSONObject = new GraphQLScalarType<JsonObject, JsonObject>({
  name: 'JSONObject',
  description: 'A JSON object.',
  parseValue: objectOf,
  parseLiteral(node, variables) {
    if (node.kind !== Kind.OBJECT) throw badUserInput('JSONObject must be an object.', { nodes: node });
    return objectOfLiteral(node.fields, variables, 1);
  },
  serialize(value) {
    if (isObject(value)) return value;
    throw new TypeError('JSONObject is an object.');
  },
});

/** A shallow check, enough for values from the database, which are all JSON. */
function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): JsonObject {
  const json = jsonOf(value, 1);
  if (!isObject(json)) throw badUserInput('JSONObject must be an object.');
  return json;
}

function jsonOf(value: unknown, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return finite(value);
    case 'object':
      return value === null ? null : compositeOf(value, depth);
    default:
      throw badUserInput('JSONObject can contain only JSON values.');
  }
}

function compositeOf(value: object, depth: number): JsonValue {
  // Only a variable inside a literal can contain a Date: it was parsed as a DateTime already.
  if (value instanceof Date) return instantOf(value);
  refuseTooDeep(depth);
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1));
  const object: JsonObject = {};
  for (const [key, item] of Object.entries(value)) object[safeKey(key)] = jsonOf(item, depth + 1);
  return object;
}

function instantOf(date: Date): string {
  if (Number.isNaN(date.getTime())) throw badUserInput('JSONObject contains an invalid DateTime.');
  return date.toISOString();
}

function objectOfLiteral(
  fields: readonly ObjectFieldNode[],
  variables: GivenVariables,
  depth: number,
): JsonObject {
  refuseTooDeep(depth);
  const object: JsonObject = {};
  for (const { name, value } of fields) {
    // During validation there are no variables yet. If a variable is not given, its key is left out.
    if (value.kind === Kind.VARIABLE && variables?.[value.name.value] === undefined) continue;
    object[safeKey(name.value)] = jsonOfLiteral(value, variables, depth + 1);
  }
  return object;
}

function jsonOfLiteral(node: ValueNode, variables: GivenVariables, depth: number): JsonValue {
  switch (node.kind) {
    case Kind.OBJECT:
      return objectOfLiteral(node.fields, variables, depth);
    case Kind.LIST:
      refuseTooDeep(depth);
      return node.values.map((item) => jsonOfLiteral(item, variables, depth + 1));
    case Kind.INT:
    case Kind.FLOAT:
      return finite(Number(node.value));
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return jsonOfVariable(node.name.value, variables, depth);
    default:
      throw badUserInput('JSONObject can contain only JSON values.', { nodes: node });
  }
}

/** The value of a variable, parsed once however often a document uses it in its objects. */
interface ReadVariable {
  readonly json: JsonValue;
  /** The number of its levels. */
  readonly height: number;
}

const readVariables = new WeakMap<object, Map<string, ReadVariable>>();

function jsonOfVariable(name: string, variables: GivenVariables, depth: number): JsonValue {
  if (!variables) return null;
  const known = readVariables.get(variables) ?? new Map<string, ReadVariable>();
  readVariables.set(variables, known);
  let read = known.get(name);
  if (read === undefined) {
    const json = jsonOf(variables[name] ?? null, 1);
    read = { json, height: heightOf(json) };
    known.set(name, read);
  }
  refuseTooDeep(depth - 1 + read.height);
  return read.json;
}

function heightOf(json: JsonValue): number {
  if (typeof json !== 'object' || json === null) return 0;
  return Object.values(json).reduce<number>((most, value) => Math.max(most, heightOf(value)), 0) + 1;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw badUserInput('JSONObject contains a number that is too large.');
}

function safeKey(key: string): string {
  if (key === '__proto__') throw badUserInput('JSONObject cannot contain the key __proto__.');
  return key;
}

function refuseTooDeep(depth: number): void {
  if (depth > maxDepth) throw badUserInput(`JSONObject can be at most ${maxDepth} levels deep.`);
}
