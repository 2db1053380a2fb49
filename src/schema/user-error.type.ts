import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { UserErrorCode as Code } from '../services/refusal.ts';

export const UserErrorCode: { readonly [Name in Code]: Name } = {
  INVALID: 'INVALID',
  TAKEN: 'TAKEN',
  NOT_FOUND: 'NOT_FOUND',
  VERSION_CONFLICT: 'VERSION_CONFLICT',
  CREDENTIALS_INVALID: 'CREDENTIALS_INVALID',
  TOKEN_INVALID: 'TOKEN_INVALID',
  INSUFFICIENT_FUNDS: 'INSUFFICIENT_FUNDS',
  OUT_OF_STOCK: 'OUT_OF_STOCK',
  PRICE_CHANGED: 'PRICE_CHANGED',
  KEY_REUSED: 'KEY_REUSED',
  NOT_AVAILABLE: 'NOT_AVAILABLE',
};

const descriptions: { readonly [Name in Code]: string } = {
  INVALID: 'The value breaks a rule of its field.',
  TAKEN: 'Another record has this value already.',
  NOT_FOUND: 'There is no such record, or the viewer may not see it.',
  VERSION_CONFLICT: 'The record has changed since the version that was given.',
  CREDENTIALS_INVALID: 'Login and password do not match an account.',
  TOKEN_INVALID: 'The token is unknown, used, expired or revoked.',
  INSUFFICIENT_FUNDS: 'The wallet holds less than is asked for.',
  OUT_OF_STOCK: 'Fewer are in stock than are asked for.',
  PRICE_CHANGED: 'The price is no longer the one that was given.',
  KEY_REUSED: 'The idempotency key was used before with another input.',
  NOT_AVAILABLE: 'The quest, reward or product is not open now, or its limit is reached.',
};

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  valuesConfig: Object.fromEntries(
    Object.entries(descriptions).map(([code, description]) => [code, { description }]),
  ),
});

@ObjectType({
  description: 'What a person can put right: shown beside the field that it names.',
  simpleResolvers: true,
})
export class UserError {
  @Field(() => UserErrorCode)
  code!: Code;

  @Field(() => String)
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'The path in the input, such as ["input", "title"]; null where it is about the whole.',
  })
  field!: readonly string[] | null;
}
