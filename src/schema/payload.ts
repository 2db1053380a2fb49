import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { badUserInput } from '../domain/errors.ts';
import { type UserErrorCode as Code, Refusal, type UserErrorData } from '../domain/refusal.ts';

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
  INSUFFICIENT_FUNDS: 'The balance is too low.',
  OUT_OF_STOCK: 'There is not enough in stock.',
  PRICE_CHANGED: 'The price is no longer the one that was given.',
  KEY_REUSED: 'The idempotency key was used before with a different input.',
  NOT_AVAILABLE: 'The quest, reward or product is not open now, or its limit is reached.',
};

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  valuesConfig: Object.fromEntries(
    Object.entries(descriptions).map(([code, description]) => [code, { description }]),
  ),
});

@ObjectType({
  description: 'A mistake that a person can correct, to show beside the field that it names.',
  simpleResolvers: true,
})
export class UserError {
  @Field(() => UserErrorCode)
  code!: Code;

  @Field(() => String)
  message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'The path in the input, such as ["input", "title"]; null if it is about the whole input.',
  })
  field!: readonly string[] | null;
}

/**
 * The base class of every payload of a mutation: `@ObjectType({ simpleResolvers: true }) class QuestPayload
 * extends Payload`.
 */
@ObjectType({ simpleResolvers: true })
export abstract class Payload {
  @Field(() => [UserError])
  userErrors!: readonly UserErrorData[];
}

/**
 * The fields of a payload. In a refusal only those with a default are set; for the client the others are
 * null.
 */
export type PayloadOf<Fields extends object, Default extends object> = (Fields | Default) & {
  readonly userErrors: readonly UserErrorData[];
};

const none: readonly UserErrorData[] = [];

/**
 * Turns the result of a service into the payload of a mutation.
 * @param whenRefused values of the fields that may not be null, such as `{ entries: [], alreadyClaimed: false
 *   }`
 */
export function payloadOf<Fields extends object>(
  fields: Fields extends Refusal ? never : Fields,
): PayloadOf<Fields, never>;
export function payloadOf<Fields extends object>(result: Fields | Refusal): PayloadOf<Fields, object>;
export function payloadOf<Fields extends object, Default extends object = Partial<Fields>>(
  result: Fields | Refusal,
  whenRefused: Default,
): PayloadOf<Fields, Default>;
export function payloadOf(result: object, whenRefused: object = {}): PayloadOf<object, object> {
  if (result instanceof Refusal) return { ...whenRefused, userErrors: result.errors };
  return { ...result, userErrors: none };
}

/** Like `payloadOf`, if the fields have to be loaded from the result first. */
export async function loadPayload<Result, Fields extends object>(
  result: Result | Refusal,
  load: (result: Result) => Fields | Promise<Fields>,
): Promise<PayloadOf<Fields, object>> {
  return payloadOf(result instanceof Refusal ? result : await load(result));
}

/**
 * For the arguments of queries and subscriptions, whose answers have no userErrors.
 * @throws GraphQLError BAD_USER_INPUT with the refusal's first message
 */
export function orBadUserInput<Result>(result: Result | Refusal): Result {
  if (!(result instanceof Refusal)) return result;
  const [first] = result.errors;
  const where = first?.field ? `${first.field.join('.')}: ` : '';
  throw badUserInput(where + (first?.message ?? 'The input is invalid.'));
}
