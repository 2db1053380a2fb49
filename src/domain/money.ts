export const currencies = ['GOLD', 'DIAMOND'] as const;
export type Currency = (typeof currencies)[number];

export interface Amount {
  readonly currency: Currency;
  readonly amount: number;
}

/** The amounts of gold and diamond, without those that are zero. */
export function amountsOf({ gold, diamond }: { readonly gold: number; readonly diamond: number }): Amount[] {
  const all: Amount[] = [
    { currency: 'GOLD', amount: gold },
    { currency: 'DIAMOND', amount: diamond },
  ];
  return all.filter(({ amount }) => amount !== 0);
}

/** Such as “100 gold and 1 diamond”. */
export function inWords(amounts: readonly Amount[]): string {
  return amounts
    .map(({ currency, amount }) => `${amount.toLocaleString('en')} ${unit(currency, amount)}`)
    .join(' and ');
}

function unit(currency: Currency, amount: number): string {
  if (currency === 'GOLD') return 'gold';
  return Math.abs(amount) === 1 ? 'diamond' : 'diamonds';
}
