export const currencies = ['GOLD', 'DIAMOND'] as const;
export type Currency = (typeof currencies)[number];
