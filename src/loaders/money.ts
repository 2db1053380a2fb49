import { type Computed, computed } from '../database/columns.ts';
import type { Amount } from '../domain/money.ts';

/** Reads two columns as one amount. */
export function moneyOf(currency: string, amount: string): Computed<Amount> {
  return computed(`json_build_object('currency', ${currency}, 'amount', ${amount})`);
}
