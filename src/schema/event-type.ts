import { Refusal } from '../services/refusal.ts';
import { check, eventType as rule } from '../services/rules/fields.ts';

/** No event has it. */
const noType = '';

/**
 * Reads the argument `eventType` of a list.
 * @returns null if it is not given; if it breaks the rule of its field, a type that finds nothing
 */
export function eventTypeOf(eventType: string | null | undefined): string | null {
  if (eventType === null || eventType === undefined) return null;
  const checked = check(rule, eventType);
  return checked instanceof Refusal ? noType : checked;
}
