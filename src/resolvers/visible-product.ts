import type { ProductRow } from '../loaders/product.loader.ts';
import type { Context } from './context.ts';

/**
 * Whether the viewer can find a product by itself: nobody finds a deleted one, and only admins find one that
 * is not for sale. Purchases always show their product (RULES.md, "Products and purchases").
 */
export function isInCatalog(context: Context, { active, deleted }: ProductRow): boolean {
  // The viewer is looked at only if it matters: otherwise everybody can share the answer.
  return !deleted && (active || context.viewer?.role === 'ADMIN');
}
