import { Args, ArgsType, Ctx, Field, ID, Resolver, Root } from 'type-graphql';
import { idOf } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import type { UserRow } from '../loaders/account.loader.ts';
import type { AuditEventRow } from '../loaders/audit-event.loader.ts';
import { AuditEvent, AuditEventConnection } from '../schema/audit-event.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Query } from '../schema/decorators.ts';
import { Allow } from '../schema/policy.ts';
import { User } from '../schema/user.ts';
import type { Context } from './context.ts';

@ArgsType()
class AuditEventArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true })
  userId?: string | null;
}

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  @Allow('ADMIN')
  @Query(() => AuditEventConnection, {
    name: 'auditEvents',
    description: 'The audit record, newest first. Admins only.',
  })
  list(@Args() { userId, ...args }: AuditEventArgs, @Ctx() { loaders }: Context) {
    const request = { page: pageOf(args), order: 'newest' } as const;
    if (typeof userId !== 'string') return loaders.auditEvents.connection(request);
    return loaders.auditEventsOfAccount.connection({ ...request, values: [idOf('user', userId)] });
  }

  @FieldResolver(() => User, { nullable: true })
  actor(@Root() { actorId }: AuditEventRow, @Ctx() { loaders }: Context): Promise<UserRow | null> | null {
    return actorId === null ? null : loaders.user.load(actorId);
  }

  @FieldResolver(() => User, { nullable: true })
  subject(@Root() { subjectId }: AuditEventRow, @Ctx() { loaders }: Context): Promise<UserRow | null> | null {
    return subjectId === null ? null : loaders.user.load(subjectId);
  }
}
