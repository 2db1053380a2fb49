import type { DocumentNode } from 'graphql';
import type { Context } from '../resolvers/context.ts';
import { asksFor } from './asked-fields.ts';

/**
 * Reads `liveCursor` before any other field of an operation that asks for it. If it were read along with a
 * list, it could be later than the list and hide what happened in between.
 */
export async function readLiveCursorFirst(
  document: DocumentNode,
  context: Context,
  currentCursor: () => Promise<string>,
): Promise<void> {
  if (asksFor(document, 'liveCursor')) context.liveCursor = await currentCursor();
}
