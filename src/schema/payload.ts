import { Field, ObjectType } from 'type-graphql';
import { Refusal, type UserErrorData } from '../services/refusal.ts';
import { badUserInput } from './errors.ts';
import { UserError } from './user-error.type.ts';

/** What every payload of a mutation has: `@ObjectType({ simpleResolvers: true }) class QuestPayload extends Payload`. */
@ObjectType({ simpleResolvers: true })
export abstract class Payload {
  @Field(() => [UserError])
  userErrors!: readonly UserErrorData[];
}

/** The fields of a payload, all of them absent (null to the client) in a refusal but those with a default. */
export type PayloadOf<Result extends object> = Partial<Result> & {
  readonly userErrors: readonly UserErrorData[];
};

const none: readonly UserErrorData[] = [];

/**
 * Turns what a service returned into a mutation's payload.
 * @param whenRefused values of the fields that may not be null, such as `{ entries: [], alreadyClaimed: false }`
 */
export function payloadOf<Result extends object>(
  result: Result | Refusal,
  whenRefused: Partial<NoInfer<Result>> = {},
): PayloadOf<Result> {
  if (result instanceof Refusal) return { ...whenRefused, userErrors: result.errors };
  return { ...result, userErrors: none };
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
