import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { apiDescriptions } from './descriptions/api.ts';
import { contentDescriptions } from './descriptions/content.ts';
import { type Descriptions, generalDescription } from './descriptions/general.ts';
import { peopleDescriptions } from './descriptions/people.ts';
import { questDescriptions } from './descriptions/quests.ts';
import { shopDescriptions } from './descriptions/shop.ts';

const descriptions: Descriptions = {
  ...apiDescriptions,
  ...peopleDescriptions,
  ...questDescriptions,
  ...shopDescriptions,
  ...contentDescriptions,
};

/** The specifications of the scalars. */
const specifications: Readonly<Record<string, string>> = {
  Cursor: 'https://relay.dev/graphql/connections.htm#sec-Cursor',
  DateTime: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  EmailAddress: 'https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1',
  JSONObject: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
  // Its content is internal; its text is base64url.
  LiveCursor: 'https://www.rfc-editor.org/rfc/rfc4648#section-5',
  SafeInt: 'https://tc39.es/ecma262/#sec-number.issafeinteger',
  TimeZone: 'https://www.iana.org/time-zones',
  URL: 'https://url.spec.whatwg.org/#urls',
  UUID: 'https://www.rfc-editor.org/rfc/rfc9562',
};

interface Describable {
  readonly coordinate: string;
  readonly part: { description?: string | null | undefined };
}

/**
 * Describes what the classes of the schema leave undescribed: with the description of its coordinate if there
 * is one, otherwise with one for all of its kind, such as the arguments of lists.
 * @throws Error if a description belongs to nothing in the schema, or to something that has another one
 */
export function describeSchema(schema: GraphQLSchema): void {
  const unused = new Set(Object.keys(descriptions));
  for (const { coordinate, part } of partsOf(schema)) {
    if (isScalarType(part)) part.specifiedByURL ??= specifications[coordinate];
    part.description ??= descriptions[coordinate] ?? generalDescription(coordinate);
    // All schemas of a process share the scalars, which the first one has described already.
    if (part.description === descriptions[coordinate]) unused.delete(coordinate);
  }
  if (unused.size > 0)
    throw new Error(`The schema has no use for descriptions of ${[...unused].join(', ')}.`);
}

/**
 * Everything that can have a description: types, enum values, fields and arguments, each with its coordinate.
 */
export function partsOf(schema: GraphQLSchema): Describable[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
  return types
    .filter(({ name }) => !specified.has(name))
    .flatMap((type) => [{ coordinate: type.name, part: type }, ...membersOf(type)]);
}

/** The types that the GraphQL specification describes. */
const specified: ReadonlySet<string> = new Set(['Int', 'Float', 'String', 'Boolean', 'ID']);

function membersOf(type: GraphQLNamedType): Describable[] {
  const { name } = type;
  if (isEnumType(type)) {
    return type.getValues().map((value) => ({ coordinate: `${name}.${value.name}`, part: value }));
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => ({
      coordinate: `${name}.${field.name}`,
      part: field,
    }));
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => {
    const coordinate = `${name}.${field.name}`;
    return [{ coordinate, part: field }, ...field.args.map((argument) => argumentOf(coordinate, argument))];
  });
}

function argumentOf(field: string, argument: GraphQLArgument): Describable {
  return { coordinate: `${field}(${argument.name}:)`, part: argument };
}
