import { badUserInput } from './errors.ts';

/** The arguments with which a client chooses a part of a list. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The requested part of a list: at most `limit` rows between the cursors, from the start or from the end. */
export interface Page {
  readonly limit: number;
  /** Counts from the end of the list; the rows keep the list's order. */
  readonly backward: boolean;
  readonly after?: string;
  readonly before?: string;
}

const largestPage = 100;
const defaultPage = 20;

/**
 * Reads the arguments of a list.
 * @throws GraphQLError BAD_USER_INPUT if both `first` and `last` are given, or if either is outside 0 to 100
 */
export function pageOf({ first, last, after, before }: PageArguments): Page {
  const forward = first ?? undefined;
  const backward = last ?? undefined;
  if (forward !== undefined && backward !== undefined) throw badUserInput('Give first or last, not both.');
  refuseOutside('first', forward);
  refuseOutside('last', backward);
  return {
    limit: forward ?? backward ?? defaultPage,
    backward: backward !== undefined,
    ...(typeof after === 'string' && { after }),
    ...(typeof before === 'string' && { before }),
  };
}

function refuseOutside(name: string, size: number | undefined): void {
  if (size === undefined || (Number.isInteger(size) && size >= 0 && size <= largestPage)) return;
  throw badUserInput(`${name} must be from 0 to ${largestPage}.`);
}
