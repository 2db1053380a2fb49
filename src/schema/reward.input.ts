import { Field, ID, InputType, Int } from 'type-graphql';
import { MoneyInput } from './money.type.ts';

@InputType()
export class CreateRewardInput {
  @Field(() => String)
  name!: string;

  @Field(() => MoneyInput)
  item!: MoneyInput;
}

@InputType()
export class UpdateRewardInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => MoneyInput, { nullable: true })
  item?: MoneyInput | null;
}
