import type { DemoProduct } from './demo-product.ts';
import { productsForHome } from './demo-products-home.ts';
import { productsForTheRoad } from './demo-products-road.ts';

/** The products of the demo data. The list shows the last ones first. */
export const demoProducts: readonly DemoProduct[] = [...productsForHome, ...productsForTheRoad];
