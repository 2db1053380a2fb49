import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver, Root } from 'type-graphql';
import { idOf, nilUuid } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import type { DeadLetterRow, RecordedEventRow } from '../loaders/recorded-event.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Mutation, Query } from '../schema/decorators.ts';
import { eventTypeOf } from '../schema/list-arguments.ts';
import { loadPayload, payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { QuestCompletion } from '../schema/quest-completion.ts';
import { QuestProgress } from '../schema/quest-progress.ts';
import {
  DeadLetter,
  DeadLetterConnection,
  RecordEventsInput,
  RecordEventsPayload,
  RecordedEvent,
  RecordedEventConnection,
  ReplayDeadLetterInput,
  ReplayDeadLetterPayload,
} from '../schema/recorded-event.ts';
import { User } from '../schema/user.ts';
import type { DeadLetterService } from '../services/dead-letter.service.ts';
import type { EventService, OutcomeOfEvents } from '../services/event.service.ts';
import type { Context, SignedInContext } from './context.ts';

@ArgsType()
class EventArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true })
  userId?: string | null;

  @Field(() => String, { nullable: true })
  eventType?: string | null;
}

@Resolver(() => RecordedEvent)
export class RecordedEventResolver {
  readonly #events: EventService;

  constructor(events: EventService) {
    this.#events = events;
  }

  @Allow('ADMIN')
  @Query(() => RecordedEventConnection, {
    name: 'events',
    description: 'The recorded events, newest first. Admins only.',
  })
  list(@Args() args: EventArgs, @Ctx() { loaders }: Context) {
    const { userId } = args;
    const accountId = typeof userId === 'string' ? (idOf('user', userId) ?? nilUuid) : null;
    return loaders.recordedEvents.connection({
      page: pageOf(args),
      order: 'newest',
      filters: { accountId, eventType: eventTypeOf(args.eventType) },
    });
  }

  @Allow('SIGNED_IN')
  @Mutation(() => RecordEventsPayload, { nullable: true, description: 'Records at most 1,000 events.' })
  async recordEvents(@Arg('input') input: RecordEventsInput, @Ctx() { viewer }: SignedInContext) {
    const events = input.events.map(({ userId, data, metadata, ...event }) => ({
      ...event,
      // Null means that the client had a user in mind but does not know the id: it matches no account.
      accountId: userId === undefined ? viewer.accountId : userId === null ? null : idOf('user', userId),
      data: data ?? null,
      metadata: metadata ?? null,
    }));
    const { results, outcome } = await this.#events.recordEvents(
      viewer,
      events,
      input.applyWithin ?? undefined,
    );
    return payloadOf({ results, outcome: once(outcome) });
  }

  @FieldResolver(() => User)
  user(@Root() { accountId }: RecordedEventRow, @Ctx() { loaders }: Context) {
    return loaders.user.load(accountId);
  }
}

interface RecordEventsResult {
  outcome(): Promise<OutcomeOfEvents>;
}

/** The outcome of the events: read if it is selected, and once for both lists. */
@Resolver(() => RecordEventsPayload)
export class RecordEventsPayloadResolver {
  @FieldResolver(() => [QuestProgress], {
    description:
      'The progress in the quests that these events moved, as far as they are applied, in the order of the events. Duplicates are included. At most 1,000.',
  })
  async progress(@Root() { outcome }: RecordEventsResult, @Ctx() { loaders }: Context) {
    const { progressIds } = await outcome();
    return (await loaders.progress.loadMany(progressIds)).filter((row) => row !== null);
  }

  @FieldResolver(() => [QuestCompletion], {
    description:
      'The completions that these events led to, as far as they are applied, in the order of the events. At most 1,000.',
  })
  async completions(@Root() { outcome }: RecordEventsResult, @Ctx() { loaders }: Context) {
    const { completionIds } = await outcome();
    return (await loaders.completion.loadMany(completionIds)).filter((row) => row !== null);
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

@Resolver(() => DeadLetter)
export class DeadLetterResolver {
  readonly #letters: DeadLetterService;

  constructor(letters: DeadLetterService) {
    this.#letters = letters;
  }

  @Allow('ADMIN')
  @Query(() => DeadLetterConnection, {
    name: 'deadLetters',
    description: 'The events that failed and have not been replayed, newest first. Admins only.',
  })
  list(@Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.deadLetters.connection({ page: pageOf(args), order: 'newest' });
  }

  @Allow('ADMIN')
  @Mutation(() => ReplayDeadLetterPayload, {
    nullable: true,
    description: 'Applies a dead letter once more. Admins only. What it has already done is not done twice.',
  })
  async replayDeadLetter(@Arg('input') { id }: ReplayDeadLetterInput, @Ctx() { loaders }: Context) {
    const result = await this.#letters.replayDeadLetter(idOf('deadletter', id));
    return loadPayload(result, async ({ deadLetterId }) => ({
      deadLetter: await loaders.deadLetter.load(deadLetterId),
    }));
  }

  @FieldResolver(() => RecordedEvent)
  event(@Root() { recordedEventId }: DeadLetterRow, @Ctx() { loaders }: Context) {
    return loaders.recordedEvent.load(recordedEventId);
  }
}
