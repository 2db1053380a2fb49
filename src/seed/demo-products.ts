import type { DemoProduct } from './demo-product.ts';
import { productsForHome } from './demo-products-home.ts';
import { productsForTheRoad } from './demo-products-road.ts';

/** What the shop of the demo data sells; the list shows the last ones first. */
export const demoProducts: readonly DemoProduct[] = [...productsForHome, ...productsForTheRoad];
