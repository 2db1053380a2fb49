import { Field, InputType, ObjectType } from 'type-graphql';
import { Currency } from './enums.ts';
import { GraphQLSafeInt } from './scalars.ts';

@ObjectType({ simpleResolvers: true })
export class Money {
  @Field(() => Currency)
  currency!: keyof typeof Currency;

  @Field(() => GraphQLSafeInt)
  amount!: number;
}

@InputType()
export class MoneyInput {
  @Field(() => Currency)
  currency!: keyof typeof Currency;

  @Field(() => GraphQLSafeInt)
  amount!: number;
}
