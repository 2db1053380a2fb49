import type { Currency } from '../domain/money.ts';
import type { emblems, shapes } from './picture-shapes.ts';

export interface DemoProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: { readonly currency: Currency; readonly amount: number };
  /** Null for no limit. */
  readonly stock: number | null;
  /** What its picture shows. The hue is in degrees of the colour wheel. */
  readonly look: {
    readonly shape: keyof typeof shapes;
    readonly emblem: keyof typeof emblems;
    readonly hue: number;
  };
}

export function gold(amount: number): DemoProduct['price'] {
  return { currency: 'GOLD', amount };
}

export function diamonds(amount: number): DemoProduct['price'] {
  return { currency: 'DIAMOND', amount };
}
