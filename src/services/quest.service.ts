import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, type InputOf } from '../domain/fields.ts';
import { Refusal, refuse, versionConflict } from '../domain/refusal.ts';
import { Quest, QuestPrerequisite, QuestReward } from '../entities/quest.entity.ts';
import { isInCycle, rewardSumsFit } from './catalog.ts';
import { lockCatalog } from './catalog-lock.ts';
import { isBuiltIn } from './rules/built-in-events.ts';
import { type QuestChanges, type QuestFields, questChanges, questRules } from './rules/quest.ts';

export interface QuestKey {
  readonly questId: string;
}

/** What admins do to the catalog of quests. */
export class QuestService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @param input with uuids as ids; null if a client's id is of another type */
  async create(input: InputOf<typeof questRules>): Promise<QuestKey | Refusal> {
    const fields = check(questRules, input);
    if (fields instanceof Refusal) return fields;
    if (isFeigned(fields)) return refuseFeigned('selfReported');
    return transaction(this.#database, async (tx) => {
      await lockCatalog(tx);
      const { prerequisiteIds, rewards, ...columns } = fields;
      const quest = tx.em.create(Quest, {
        ...columns,
        eventMatch: columns.eventMatch ?? null,
        startsAt: columns.startsAt ?? null,
        endsAt: columns.endsAt ?? null,
        maxCompletions: completionsAllowed(fields),
      });
      return (await save(tx, quest, { prerequisiteIds, rewards })) ?? { questId: quest.id };
    });
  }

  /** Changes a quest if it still has the version that the admin has seen. */
  async update(
    questId: string | null,
    expectedVersion: number,
    input: InputOf<typeof questChanges>,
  ): Promise<QuestKey | Refusal> {
    const changes = check(questChanges, input);
    if (changes instanceof Refusal) return changes;
    return transaction(this.#database, async (tx) => {
      await lockCatalog(tx);
      const quest = questId === null ? null : await tx.em.findOne(Quest, questId);
      if (!quest) return refuse('NOT_FOUND', 'There is no such quest.', ['id']);
      if (quest.version !== expectedVersion) return versionConflict('quest');
      const frozen = await frozenField(tx, quest, changes);
      if (frozen) return refuse('INVALID', 'Cannot change once somebody has progress.', [frozen]);
      const { prerequisiteIds, rewards, ...columns } = changes;
      Object.assign(quest, columns, { updatedAt: new Date() });
      const feigning = (['selfReported', 'eventType'] as const).find((field) => changes[field] !== undefined);
      if (feigning !== undefined && isFeigned(quest)) return refuseFeigned(feigning);
      return (await save(tx, quest, { prerequisiteIds, rewards })) ?? { questId: quest.id };
    });
  }
}

/** Whether people could report events of a type that only the server records. */
function isFeigned({ selfReported, eventType }: Pick<QuestFields, 'selfReported' | 'eventType'>): boolean {
  return selfReported && isBuiltIn(eventType);
}

function refuseFeigned(field: 'selfReported' | 'eventType'): Refusal {
  return refuse('INVALID', 'Only the server records events of this type.', [field]);
}

function completionsAllowed({ maxCompletions, cadence }: QuestFields): number | null {
  if (maxCompletions !== undefined) return maxCompletions;
  return cadence === 'NONE' ? 1 : null;
}

type Links = Pick<QuestChanges, 'prerequisiteIds' | 'rewards'>;

/** Checks the quest as a whole, and writes it with its prerequisites and rewards. */
async function save(
  tx: Transaction,
  quest: Quest,
  { prerequisiteIds, rewards }: Links,
): Promise<Refusal | undefined> {
  if (quest.kind === 'STREAK' && quest.cadence === 'NONE') {
    return refuse('INVALID', 'A streak needs a cadence.', ['cadence']);
  }
  if (quest.startsAt && quest.endsAt && quest.startsAt >= quest.endsAt) {
    return refuse('INVALID', 'Must be later than the start.', ['endsAt']);
  }
  await tx.em.flush();
  return (await linkPrerequisites(tx, quest, prerequisiteIds)) ?? (await linkRewards(tx, quest, rewards));
}

async function linkPrerequisites(
  tx: Transaction,
  quest: Quest,
  ids: Links['prerequisiteIds'],
): Promise<Refusal | undefined> {
  if (ids === undefined) return undefined;
  const known = new Set((await tx.query(existingQuests, [ids])).map(({ id }) => id));
  const found = ids.filter((id) => id !== null).filter((id) => known.has(id));
  if (found.length < ids.length) return refuse('NOT_FOUND', 'There is no such quest.', ['prerequisiteIds']);
  if (found.includes(quest.id))
    return refuse('INVALID', 'A quest cannot be its own prerequisite.', ['prerequisiteIds']);
  await tx.em.nativeDelete(QuestPrerequisite, { questId: quest.id });
  await tx.em.insertMany(
    QuestPrerequisite,
    found.map((prerequisiteId, position) => ({ questId: quest.id, prerequisiteId, position })),
  );
  if (!(await isInCycle(tx, quest.id))) return undefined;
  return refuse('INVALID', 'These prerequisites would form a cycle.', ['prerequisiteIds']);
}

async function linkRewards(
  tx: Transaction,
  quest: Quest,
  rewards: Links['rewards'],
): Promise<Refusal | undefined> {
  if (rewards === undefined) return undefined;
  const known = new Set(
    (await tx.query(existingRewards, [rewards.map(({ rewardId }) => rewardId)])).map(({ id }) => id),
  );
  const rows = rewards.flatMap(({ rewardId, quantity }, position) =>
    rewardId !== null && known.has(rewardId) ? [{ questId: quest.id, rewardId, quantity, position }] : [],
  );
  if (rows.length < rewards.length) return refuse('NOT_FOUND', 'There is no such reward.', ['rewards']);
  await tx.em.nativeDelete(QuestReward, { questId: quest.id });
  await tx.em.insertMany(QuestReward, rows);
  if (await rewardSumsFit(tx)) return undefined;
  return refuse('INVALID', 'The quest would pay more than a wallet can hold.', ['rewards']);
}

const frozenFields = ['kind', 'cadence', 'eventType', 'eventMatch'] as const;

/** The first field that would change although somebody has progress under its current value. */
async function frozenField(
  tx: Transaction,
  quest: Quest,
  changes: QuestChanges,
): Promise<string | undefined> {
  const changed = frozenFields.find(
    (field) => changes[field] !== undefined && !isSame(changes[field], quest[field]),
  );
  if (changed === undefined) return undefined;
  const rows = await tx.query(anyProgress, [quest.id]);
  return rows.length > 0 ? changed : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one ?? null, other ?? null);
}

const anyProgress = statement(
  'quest.anyProgress',
  'select from quest_progress where quest_id = $1::uuid limit 1',
);
const existingQuests = statement<{ id: string }>(
  'quest.existing',
  'select id from quest where id = any($1::uuid[])',
);
const existingRewards = statement<{ id: string }>(
  'reward.existing',
  'select id from reward where id = any($1::uuid[])',
);
