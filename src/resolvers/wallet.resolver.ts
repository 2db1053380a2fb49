import { Arg, Args, ArgsType, Ctx, Field, Resolver, Root } from 'type-graphql';
import { idOf } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { entryEdge, type LedgerEntryRow, type WalletRow } from '../loaders/wallet.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Mutation } from '../schema/decorators.ts';
import { Currency } from '../schema/enums.ts';
import { LedgerSource } from '../schema/ledger-source.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  AdjustWalletInput,
  LedgerEntry,
  LedgerEntryConnection,
  LedgerEntryPayload,
  ReverseEntryInput,
  Wallet,
} from '../schema/wallet.ts';
import type { EntryKey, LedgerService } from '../services/ledger.service.ts';
import type { Context, SignedInContext } from './context.ts';

@ArgsType()
class EntryArgs extends ConnectionArgs {
  @Field(() => Currency, { nullable: true })
  currency?: keyof typeof Currency | null;
}

@Resolver(() => Wallet)
export class WalletResolver {
  readonly #ledger: LedgerService;

  constructor(ledger: LedgerService) {
    this.#ledger = ledger;
  }

  @FieldResolver(() => LedgerEntryConnection, { description: 'The entries of this wallet, newest first.' })
  entries(@Root() { uuid }: WalletRow, @Args() args: EntryArgs, @Ctx() { loaders }: Context) {
    const filters = { currency: args.currency };
    return loaders.entriesOfWallet.connection(uuid, { page: pageOf(args), order: 'newest', filters });
  }

  @Allow('ADMIN')
  @Mutation(() => LedgerEntryPayload, {
    nullable: true,
    description: 'Gives to or takes from a wallet. Admins only.',
  })
  async adjustWallet(@Arg('input') input: AdjustWalletInput, @Ctx() context: SignedInContext) {
    const { userId, amount, note, idempotencyKey } = input;
    const fields = { accountId: idOf('user', userId), amount: { ...amount }, note, idempotencyKey };
    return entryPayload(await this.#ledger.adjustWallet(context.viewer, fields), context);
  }

  @Allow('ADMIN')
  @Mutation(() => LedgerEntryPayload, {
    nullable: true,
    description: 'Reverses an entry, once. Admins only. It is refused if the balance would fall below 0.',
  })
  async reverseEntry(@Arg('input') { entryId, note }: ReverseEntryInput, @Ctx() context: Context) {
    return entryPayload(await this.#ledger.reverseEntry({ entryId: idOf('entry', entryId), note }), context);
  }
}

function entryPayload(result: EntryKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ entryId, accountId }) => {
    const [entry, wallet] = await Promise.all([
      loaders.ledgerEntry.load(entryId),
      loaders.wallet.load(accountId),
    ]);
    return { entry, entryEdge: entryEdge(entry), wallet };
  });
}

@Resolver(() => LedgerEntry)
export class LedgerEntryResolver {
  @FieldResolver(() => LedgerSource, {
    nullable: true,
    description: 'What it was paid for. For a reversal, the entry that was reversed.',
  })
  source(@Root() { reason, sourceId }: LedgerEntryRow, @Ctx() { loaders }: Context) {
    if (reason === 'QUEST_REWARD') return loaders.completion.load(sourceId);
    if (reason === 'PURCHASE') return loaders.purchase.load(sourceId);
    return reason === 'REVERSAL' ? loaders.ledgerEntry.load(sourceId) : null;
  }
}
