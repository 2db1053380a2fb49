import { z } from 'zod';
import {
  description,
  eventMatch,
  eventType,
  goal,
  instant,
  maxCompletions,
  name,
  quantity,
} from '../../domain/fields.ts';

const most = 20;
const kind = z.enum(['COUNT', 'STREAK'], { error: 'Cannot be empty.' });
const cadence = z.enum(['NONE', 'DAILY', 'WEEKLY', 'MONTHLY'], { error: 'Cannot be empty.' });
const flag = z.boolean({ error: 'Cannot be empty.' });
/** Null if the client's id is of another type, so that there is no such record. */
const reference = z.string().nullable();

/** The rules of the single fields of a quest. */
export const questRules = z.object({
  name,
  description,
  eventType,
  eventMatch: eventMatch.nullish(),
  kind,
  cadence,
  goal,
  autoClaim: flag,
  maxCompletions: maxCompletions.nullish(),
  selfReported: flag,
  prerequisiteIds: listOf(reference, (id) => id),
  rewards: listOf(z.object({ rewardId: reference, quantity }), ({ rewardId }) => rewardId),
  startsAt: instant.nullish(),
  endsAt: instant.nullish(),
});

/** Omitted fields stay as they are; null clears fields that may be null. */
export const questChanges = questRules.partial().extend({ archived: flag.optional() });

export type QuestFields = z.output<typeof questRules>;
export type QuestChanges = z.output<typeof questChanges>;

/** A list of at most 20 different items. */
function listOf<Item extends z.ZodType>(item: Item, keyOf: (item: z.output<Item>) => string | null) {
  return z
    .array(item, { error: 'Cannot be empty.' })
    .max(most, `Can have at most ${most}.`)
    .refine((items) => new Set(items.map(keyOf)).size === items.length, 'Cannot contain the same one twice.');
}
