import type { ProductRow } from '../loaders/product.loader.ts';
import type { Context } from './context.ts';

/**
 * Whether the viewer finds a product by itself: nobody one that is deleted, admins alone one that is not for sale.
 * Purchases show theirs whatever it is by now (RULES.md, "Products and purchases").
 */
export function isInCatalog(context: Context, { active, deleted }: ProductRow): boolean {
  // The viewer is asked about only where it matters: else the answer is everybody's.
  return !deleted && (active || context.viewer?.role === 'ADMIN');
}
