import { createUnionType } from 'type-graphql';
import { Purchase } from './purchase.ts';
import { QuestCompletion } from './quest-completion.ts';
import { LedgerEntry } from './wallet.ts';

/**
 * What a ledger entry came from. It has its own file because each of its types has payloads with a wallet.
 */
export const LedgerSource = createUnionType({
  name: 'LedgerSource',
  types: () => [QuestCompletion, Purchase, LedgerEntry] as const,
});
