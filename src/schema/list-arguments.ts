import { check, eventType as eventTypeRule, search as searchRule } from '../domain/fields.ts';
import { Refusal } from '../domain/refusal.ts';
import { orBadUserInput } from './payload.ts';

/**
 * Reads the argument `search` of a list.
 * @returns the words; null if there are none, which means no search
 * @throws GraphQLError BAD_USER_INPUT if it breaks the rule of its field
 */
export function searchOf(search: string | null | undefined): string | null {
  return orBadUserInput(check(searchRule, search ?? '', ['search'])) || null;
}

/** A type that no event has. */
const noType = '';

/**
 * Reads the argument `eventType` of a list.
 * @returns null if it is not given; if it breaks the rule of its field, a type that finds nothing
 */
export function eventTypeOf(eventType: string | null | undefined): string | null {
  if (eventType === null || eventType === undefined) return null;
  const checked = check(eventTypeRule, eventType);
  return checked instanceof Refusal ? noType : checked;
}
