import { periodOf } from './period.ts';
import type { Occurrence, QuestRule } from './quest-progress.ts';

/**
 * The events that make up a run which `step` says is complete: the last ones that count.
 * @param history the person's events of the quest in the order of (timestamp, eventId), the last one included
 * @param last the event that completed the run
 * @param runLength as `step` gives it
 * @returns their ids, oldest first
 */
export function eventsOfRun(
  rule: QuestRule,
  history: readonly Occurrence[],
  last: Occurrence,
  runLength: number,
): string[] {
  return counting(rule, history, last)
    .slice(-runLength)
    .map(({ eventId }) => eventId);
}

function counting(
  { kind, cadence }: QuestRule,
  history: readonly Occurrence[],
  last: Occurrence,
): readonly Occurrence[] {
  if (cadence === 'NONE') return history;
  const periodOfEach = ({ localDate }: Occurrence) => periodOf(cadence, localDate);
  if (kind === 'COUNT') return history.filter((each) => periodOfEach(each) === periodOfEach(last));
  // The first event of each period that is later than all before: after a flight to the west, a date comes again.
  let latest = '';
  return history.filter((each) => {
    const advances = periodOfEach(each) > latest;
    if (advances) latest = periodOfEach(each);
    return advances;
  });
}
