import { Field, ID, InputType } from 'type-graphql';
import { MoneyInput } from './money.type.ts';

@InputType({ description: 'A positive amount is given, a negative one taken.' })
export class AdjustWalletInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => MoneyInput)
  amount!: MoneyInput;

  @Field(() => String)
  note!: string;

  @Field(() => String)
  idempotencyKey!: string;
}

@InputType()
export class ReverseEntryInput {
  @Field(() => ID)
  entryId!: string;

  @Field(() => String)
  note!: string;
}
