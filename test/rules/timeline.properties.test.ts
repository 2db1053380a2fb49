import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyBatch, type Outcome } from '../../src/pipeline/apply.ts';
import type { Batch, OpenQuest, PendingEvent } from '../../src/pipeline/batch.ts';
import type { History } from '../../src/pipeline/history.ts';
import {
  compareOccurrences,
  type Occurrence,
  type QuestRule,
} from '../../src/services/rules/quest-progress.ts';
import { Timeline } from '../../src/services/rules/timeline.ts';
import { drain, journey, legs, periodic, replay, start } from './histories.ts';
import { PlainTracker, plainReplay } from './plain-replay.ts';

const runs = { numRuns: 1_000 };
const goal = fc.integer({ min: 1, max: 5 });
const maxCompletions = fc.option(fc.integer({ min: 1, max: 6 }));
const kind = fc.constantFrom<QuestRule['kind']>('COUNT', 'STREAK');
const periodicRule: fc.Arbitrary<QuestRule> = fc.record({ kind, cadence: periodic, goal, maxCompletions });
const anyRule: fc.Arbitrary<QuestRule> = fc.oneof(
  periodicRule,
  fc.record({ kind: fc.constant('COUNT'), cadence: fc.constant('NONE'), goal, maxCompletions }),
);
/** In the order of recording: dense, so that days have many events, or sparse, so that days are missed. */
const arrivals = fc
  .tuple(start, fc.oneof(legs({ min: 0, max: 6 }), legs({ min: 0, max: 40 })))
  .map(([at, travelled]) => journey(at, travelled))
  .chain((events) => fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }));

describe('a replay of blocks', () => {
  it('is one of event by event, whatever goals were frozen', () => {
    const frozen = fc.array(fc.record({ runLength: goal }), { maxLength: 8 });
    fc.assert(
      fc.property(anyRule, arrivals, frozen, (rule, events, earlier) => {
        expect(replay(rule, events, earlier)).toEqual(plainReplay(rule, events, earlier));
      }),
      runs,
    );
  });

  it('goes on from the first new event as if it went through all again', () => {
    const frozen = fc.array(fc.record({ runLength: goal }), { maxLength: 4 });
    fc.assert(
      fc.property(
        anyRule,
        arrivals,
        frozen,
        fc.infiniteStream(fc.boolean()),
        (rule, events, given, looks) => {
          const timeline = new Timeline(rule);
          const earlier = [...given];
          for (const [index, event] of events.entries()) {
            timeline.add(event);
            if (!looks.next().value) continue;
            const again = drain(timeline.replay(earlier));
            expect(again).toEqual(plainReplay(rule, events.slice(0, index + 1), earlier));
            earlier.push(...again.completions);
          }
        },
      ),
      runs,
    );
  });
});

describe('a batch', () => {
  const quests = fc.array(fc.record({ rule: anyRule, goalBefore: goal, waits: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  });

  it('brings about what its events do one by one, each late one with a replay of all', () => {
    fc.assert(
      fc.property(quests, arrivals, fc.nat({ max: 40 }), (given, events, known) => {
        const people = given.map(({ rule, goalBefore, waits }, index) => {
          const plainTracker = new PlainTracker();
          for (const each of events.slice(0, known)) plainTracker.apply({ ...rule, goal: goalBefore }, each);
          return {
            quest: openQuest(rule, waits && index > 0 ? [`quest ${index - 1}`] : [], index),
            plainTracker,
          };
        });
        const batch = batchOf(people, events.slice(known));
        const histories = new Map(
          people.map(({ quest, plainTracker }) => [quest.questId, historyOf(quest, plainTracker)]),
        );
        const outcome = applyWith(batch, histories);
        const plain = plainOutcome(people, events.slice(known));
        expect(
          outcome.completions.map(({ quest, ordinal, runLength, eventIds }) => {
            return { questId: quest.questId, ordinal, runLength, eventIds };
          }),
        ).toEqual(plain);
        for (const tracker of outcome.trackers) {
          const expected = people.find(({ quest }) => quest === tracker.quest)?.plainTracker;
          if (tracker.moves.length > 0 || tracker.isCompleted)
            expect(tracker.progress).toEqual(expected?.progress);
        }
      }),
      runs,
    );
  });
});

interface Person {
  readonly quest: OpenQuest;
  readonly plainTracker: PlainTracker;
}

function openQuest(rule: QuestRule, unmet: readonly string[], index: number): OpenQuest {
  const rest = { name: 'a quest', eventType: 'test.any', autoClaim: false, gold: 0, diamond: 0 };
  return { ...rule, ...rest, questId: `quest ${index}`, unmet };
}

function batchOf(people: readonly Person[], events: readonly Occurrence[]): Batch {
  const questIds = people.map(({ quest }) => quest.questId);
  return {
    accountId: randomUUID(),
    events: events.map((event) => pendingEvent(event, questIds)),
    quests: new Map(people.map(({ quest }) => [quest.questId, quest])),
    progress: new Map(
      people.flatMap(({ quest, plainTracker: { progress } }) =>
        progress ? [[quest.questId, progress]] : [],
      ),
    ),
  };
}

function pendingEvent(
  { eventId, at, zone, localDate }: Occurrence,
  questIds: readonly string[],
): PendingEvent {
  const event = { eventId, occurredAt: at, timeZone: zone, localDate };
  return { ...event, recordedEventId: eventId, attempts: 0, due: true, questIds };
}

function historyOf({ cadence }: OpenQuest, { occurrences, completions }: PlainTracker): History {
  const earlier = cadence === 'NONE' ? [] : [...completions];
  return { occurrences: [...occurrences].sort(compareOccurrences), earlier };
}

/** As a job does: a history is read only if it is needed. */
function applyWith(batch: Batch, all: ReadonlyMap<string, History>): Outcome {
  const histories = new Map<string, History>();
  for (;;) {
    const outcome = drain(applyBatch(batch, histories));
    const needed = outcome.trackers.filter(({ needsHistory }) => needsHistory);
    if (needed.length === 0) return outcome;
    for (const { quest } of needed) {
      const history = all.get(quest.questId);
      if (history === undefined || histories.has(quest.questId)) throw new Error('A history was read twice.');
      histories.set(quest.questId, history);
    }
  }
}

function plainOutcome(people: readonly Person[], events: readonly Occurrence[]) {
  const completed = new Set<string>();
  return events.flatMap((event) => {
    const open = people.filter(({ quest }) => quest.unmet.every((id) => completed.has(id)));
    return open.flatMap(({ quest, plainTracker }) => {
      const completions = plainTracker.apply(quest, event);
      if (completions.length > 0) completed.add(quest.questId);
      return completions.map((completion) => ({ questId: quest.questId, ...completion }));
    });
  });
}
