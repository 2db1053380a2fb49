import { createUnionType } from 'type-graphql';
import { Purchase } from './purchase.ts';
import { QuestCompletion } from './quest-completion.ts';
import { LedgerEntry } from './wallet.ts';

/** What an entry of the ledger came from. It stands apart because each of its types has payloads with a wallet. */
export const LedgerSource = createUnionType({
  name: 'LedgerSource',
  types: () => [QuestCompletion, Purchase, LedgerEntry] as const,
});
