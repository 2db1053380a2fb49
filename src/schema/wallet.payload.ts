import { Field, ObjectType } from 'type-graphql';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';
import { LedgerEntry, Wallet } from './wallet.type.ts';

@ObjectType({ simpleResolvers: true })
export class LedgerEntryPayload extends Payload {
  @Field(() => LedgerEntry, { nullable: true })
  entry?: object | null;

  @Field(() => Edge(() => LedgerEntry, 'LedgerEntry'), {
    nullable: true,
    description: "The entry as an edge of the wallet's `entries`.",
  })
  entryEdge?: object | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
