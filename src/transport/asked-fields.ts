import { type DocumentNode, visit } from 'graphql';

const known = new WeakMap<DocumentNode, ReadonlySet<string>>();

/** Whether a document has a field of this name anywhere, in whatever operation and on whatever type. */
export function asksFor(document: DocumentNode, field: string): boolean {
  const fields = known.get(document) ?? fieldsOf(document);
  known.set(document, fields);
  return fields.has(field);
}

function fieldsOf(document: DocumentNode): ReadonlySet<string> {
  const fields = new Set<string>();
  visit(document, { Field: ({ name }) => void fields.add(name.value) });
  return fields;
}
