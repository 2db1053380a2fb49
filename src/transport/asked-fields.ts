import { type DocumentNode, type OperationDefinitionNode, OperationTypeNode, visit } from 'graphql';
import type { Asked } from '../loaders/loaders.ts';

const known = new WeakMap<DocumentNode, ReadonlySet<string>>();

/**
 * What an operation asks for. The payload of a mutation and a live event show the state that these left
 * behind.
 */
export function askedOf(document: DocumentNode, { operation }: OperationDefinitionNode): Asked {
  return {
    bodies: asksFor(document, 'body'),
    ownEvents: operation === OperationTypeNode.QUERY,
    moved: movedFields.some((field) => asksFor(document, field)),
  };
}

/** Most paths to what events change lead through one of these fields. */
const movedFields = [
  'wallet',
  'questProgress',
  'completions',
  'notifications',
  'unreadNotificationCount',
  'viewerProgress',
];

/** Whether a document has a field of this name anywhere, in any operation and on any type. */
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
