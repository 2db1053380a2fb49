import { type DocumentNode, parse, print } from 'graphql';

const bare = new WeakMap<DocumentNode, DocumentNode>();

/** The same document without the text that it was read from: its comments may be a thousand times as long as it is. */
export function withoutText(document: DocumentNode): DocumentNode {
  if (document.loc === undefined) return document;
  const copy = bare.get(document) ?? parse(print(document), { noLocation: true });
  bare.set(document, copy);
  return copy;
}
