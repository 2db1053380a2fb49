import { defaultFieldResolver, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { Extensions } from 'type-graphql';
import { ApiError } from '../domain/errors.ts';

export type Role = 'USER' | 'ADMIN' | 'SERVICE';

/** Who may call a root field: anyone, anyone signed in, or these roles. */
export type Policy = 'PUBLIC' | 'SIGNED_IN' | readonly Role[];

interface PolicyContext {
  readonly viewer: { readonly role: Role } | null;
}

/** Declares who may call a root field. If a root field lacks it, the server does not start. */
export function Allow(
  policy: 'PUBLIC' | 'SIGNED_IN' | Role,
  ...more: Role[]
): MethodDecorator & PropertyDecorator {
  const rule: Policy = policy === 'PUBLIC' || policy === 'SIGNED_IN' ? policy : [policy, ...more];
  return Extensions({ policy: rule });
}

/**
 * Wraps each root field's resolver in its rule, once, when the schema is built. Other fields have no check,
 * and nothing can bypass the rules.
 * @throws Error naming the root fields without a rule
 */
export function enforcePolicies(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const open = roots.flatMap((root) => (root ? fieldsWithoutPolicy(root) : []));
  if (open.length > 0) throw new Error(`These root fields have no rule: ${open.join(', ')}.`);
  for (const root of roots) {
    for (const field of Object.values(root?.getFields() ?? {})) guard(field);
  }
}

function fieldsWithoutPolicy(root: GraphQLObjectType): string[] {
  return Object.values(root.getFields())
    .filter((field) => policyOf(field) === undefined)
    .map((field) => `${root.name}.${field.name}`);
}

function policyOf({ extensions }: GraphQLField<unknown, PolicyContext>): Policy | undefined {
  const { policy } = extensions;
  if (policy === 'PUBLIC' || policy === 'SIGNED_IN') return policy;
  return Array.isArray(policy) && policy.length > 0 ? policy : undefined;
}

function guard(field: GraphQLField<unknown, PolicyContext>): void {
  const policy = policyOf(field);
  if (policy === undefined || policy === 'PUBLIC') return;
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (source, args, context, info) => {
    check(policy, context);
    return resolve(source, args, context, info);
  };
  if (!subscribe) return;
  field.subscribe = (source, args, context, info) => {
    check(policy, context);
    return subscribe(source, args, context, info);
  };
}

function check(policy: Exclude<Policy, 'PUBLIC'>, { viewer }: PolicyContext): void {
  if (viewer === null) throw new ApiError('UNAUTHENTICATED', 'Sign in first.');
  if (policy !== 'SIGNED_IN' && !policy.includes(viewer.role)) {
    throw new ApiError('FORBIDDEN', 'Your role does not allow this.');
  }
}
