import { BREAK, type DocumentNode, visit } from 'graphql';
import type { Context } from '../resolvers/context.ts';

/**
 * Reads `liveCursor` before any other field of an operation that asks for it: read beside them, it could stand
 * later than a list and hide what came in between.
 */
export async function readLiveCursorFirst(
  document: DocumentNode,
  context: Context,
  currentCursor: () => Promise<string>,
): Promise<void> {
  if (asksForLiveCursor(document)) context.liveCursor = await currentCursor();
}

const asked = new WeakMap<DocumentNode, boolean>();

function asksForLiveCursor(document: DocumentNode): boolean {
  const known = asked.get(document);
  if (known !== undefined) return known;
  let found = false;
  visit(document, {
    Field({ name }) {
      if (name.value !== 'liveCursor') return undefined;
      found = true;
      return BREAK;
    },
  });
  asked.set(document, found);
  return found;
}
