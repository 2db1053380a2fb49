import type { DocumentNode } from 'graphql';

const bare = new WeakMap<DocumentNode, DocumentNode>();

/**
 * The same document without its source text, whose comments may be a thousand times longer than the rest. A
 * subscription keeps its document for as long as it lasts. A copy made through JSON takes the least memory:
 * graphql-js leaves spare room in each list, and keeps a separate string for each name.
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
