import { type Computed, computed } from '../database/columns.ts';
import type { Currency } from '../domain/money.ts';

export interface Amount {
  readonly currency: Currency;
  readonly amount: number;
}

/** Two columns as one amount. */
export function moneyOf(currency: string, amount: string): Computed<Amount> {
  return computed(`json_build_object('currency', ${currency}, 'amount', ${amount})`);
}
