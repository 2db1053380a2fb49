import {
  type EntityMetadata,
  MetadataStorage,
  ReferenceKind,
  UnderscoreNamingStrategy,
} from '@mikro-orm/core';

/** Columns as a statement selects them, and the type of the rows that it reads. */
export interface Columns<Row> {
  readonly sql: string;
  /** Never set: it carries the type of the rows. */
  readonly row?: Row;
}

/** The rows that a statement with these columns reads. */
export type RowOf<C extends Columns<unknown>> = C extends Columns<infer Row> ? Row : never;

/** An expression of SQL, and the type of its value. */
export interface Computed<Value> {
  readonly computed: string;
  /** Never set: it carries the type of the value. */
  readonly value?: Value;
}

type EntityClass<Entity> = abstract new (...args: never[]) => Entity;
type PropertyOf<Entity> = keyof Entity & string;

/** A property of the entity under its own name, or properties and expressions under other names in the row. */
type Selected<Entity> =
  | PropertyOf<Entity>
  | { readonly [name: string]: PropertyOf<Entity> | Computed<unknown> };

type Renamed<Item> = Exclude<Item, string>;
type NamesOf<Item> = Item extends unknown ? keyof Item & string : never;
type At<Item, Name> = Item extends { readonly [N in Name & string]: infer Source } ? Source : never;
type ValueOf<Entity, Source> =
  Source extends Computed<infer Value> ? Value : Source extends keyof Entity ? Entity[Source] : never;

type SelectedRow<Entity, Item> = {
  readonly [Name in Extract<Item, PropertyOf<Entity>> as Name extends 'id' ? 'uuid' : Name]: Entity[Name];
} & { readonly [Name in NamesOf<Renamed<Item>>]: ValueOf<Entity, At<Renamed<Item>, Name>> };

/**
 * The columns of an entity's table for the text of a statement, in this order, each named as in the row:
 * `columnsOf(Post, 'p', ['id', 'authorId', 'title', { deleted: computed<boolean>('p.deleted_at is not null') }])`. `id`
 * is called `uuid` in rows, because the `id` that clients see is made from it; `{ postId: 'id' }` renames it.
 * @param alias the table's alias in the statement; null if it has none
 * @throws Error when the module loads, if a property is not a column
 */
export function columnsOf<Entity, const Items extends readonly Selected<Entity>[]>(
  entity: EntityClass<Entity>,
  alias: string | null,
  selected: Items,
): Columns<SelectedRow<Entity, Items[number]>> {
  const { properties } = metadataOf(entity);
  const columnOf = (key: string) =>
    (alias === null ? '' : `${alias}.`) + nameOf(properties, key, entity.name);
  const named = (name: string, source: string | Computed<unknown>) => {
    if (typeof source !== 'string') return `${source.computed} as "${name}"`;
    const column = columnOf(source);
    return column.endsWith(`.${name}`) || column === name ? column : `${column} as "${name}"`;
  };
  const sql = selected.flatMap((item: Selected<Entity>) =>
    typeof item === 'string'
      ? [named(item === 'id' ? 'uuid' : item, item)]
      : Object.entries(item).map(([name, source]) => named(name, source)),
  );
  return { sql: sql.join(', ') };
}

/** A column that SQL computes. */
export function computed<Value>(sql: string): Computed<Value> {
  return { computed: sql };
}

/** What the decorators say. MikroORM itself reads it only when it is initialized. */
function metadataOf(entity: EntityClass<unknown>): EntityMetadata {
  const metadata = Object.values(MetadataStorage.getMetadata()).find((known) => known.class === entity);
  if (metadata === undefined) throw new Error(`${entity.name} is no entity.`);
  return metadata;
}

const naming = new UnderscoreNamingStrategy();

function nameOf(properties: EntityMetadata['properties'], key: string, entity: string): string {
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  const isColumn = property?.kind === ReferenceKind.SCALAR || property?.kind === ReferenceKind.MANY_TO_ONE;
  if (property === undefined || !isColumn || property.persist === false)
    throw new Error(`${entity}.${key} is no column.`);
  // The name that the decorator was given, because MikroORM fills in `fieldNames` later.
  if ('fieldName' in property && typeof property.fieldName === 'string') return property.fieldName;
  return naming.propertyToColumnName(key);
}
