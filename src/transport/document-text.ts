import type { DocumentNode } from 'graphql';

const bare = new WeakMap<DocumentNode, DocumentNode>();

/**
 * The same document without the text that it was read from: its comments may be a thousand times as long as it is. A
 * subscription keeps it as long as it lasts. Read from JSON it takes the least memory: graphql-js leaves room in each
 * list for what may follow, and keeps a text of its own for each name.
 */
export function withoutText(document: DocumentNode): DocumentNode {
  if (document.loc === undefined) return document;
  const copy: DocumentNode = bare.get(document) ?? JSON.parse(JSON.stringify(document, withoutPlace));
  bare.set(document, copy);
  return copy;
}

function withoutPlace(name: string, value: unknown): unknown {
  return name === 'loc' ? undefined : value;
}
