import { Field, ObjectType } from 'type-graphql';
import { Payload } from './payload.ts';
import { LedgerEntry, Wallet } from './wallet.type.ts';

@ObjectType({ simpleResolvers: true })
export class LedgerEntryPayload extends Payload {
  @Field(() => LedgerEntry, { nullable: true })
  entry?: object | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
