import { check, search as rule } from '../services/rules/fields.ts';
import { orBadUserInput } from './payload.ts';

/**
 * Reads the argument `search` of a list.
 * @returns the words; null where there are none, which is no search
 * @throws GraphQLError BAD_USER_INPUT where it breaks the rule of its field
 */
export function searchOf(search: string | null | undefined): string | null {
  return orBadUserInput(check(rule, search ?? '', ['search'])) || null;
}
