import { Ctx, Int, Resolver, Root } from 'type-graphql';
import type { QuestProgressRow } from '../loaders/quest-progress.loader.ts';
import { FieldResolver } from '../schema/decorators.ts';
import { QuestState } from '../schema/enums.ts';
import { Quest } from '../schema/quest.ts';
import { QuestProgress } from '../schema/quest-progress.ts';
import { progressAsOf, type Standing } from '../services/rules/quest-progress.ts';
import type { Context } from './context.ts';

/** A stored row says how things stood after the latest event; the current state also depends on the clock. */
@Resolver(() => QuestProgress)
export class QuestProgressResolver {
  @FieldResolver(() => Quest)
  quest(@Root() { questId }: QuestProgressRow, @Ctx() { loaders }: Context) {
    return loaders.quest.load(questId);
  }

  @FieldResolver(() => QuestState)
  state(@Root() row: QuestProgressRow, @Ctx() { now }: Context): Standing['state'] {
    return standingOf(row, now).state;
  }

  @FieldResolver(() => Int, {
    description:
      'The progress of the current run, as of now: 0 after a completion, in a new period, or when the streak is broken.',
  })
  count(@Root() row: QuestProgressRow, @Ctx() { now }: Context): number {
    return standingOf(row, now).count;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'The last local period that counted, such as 2026-11-21, 2026-W47 or 2026-11.',
  })
  period(@Root() row: QuestProgressRow, @Ctx() { now }: Context): string | null {
    return standingOf(row, now).period;
  }
}

function standingOf(row: QuestProgressRow, now: Date): Standing {
  const progress = {
    count: row.runCount,
    completions: row.completions,
    period: row.latestPeriod,
    completed: row.periodCompleted,
    unreached: row.unreached,
    lastAt: row.latestAt,
    lastEventId: row.latestEventId,
    lastZone: row.latestTimeZone,
  };
  return progressAsOf(row, progress, now, row.timeZone);
}
