import type { ExecutionResult } from 'graphql';
import { ReadBudgetExceeded } from '../database/read-budget.ts';
import { isLargerThan } from './answer-size.ts';
import { rootOf } from './errors.ts';
import { tooLarge } from './limits/shape.ts';

/** The most errors that one answer reports. */
const mostErrors = 50;

/**
 * The result as it may be sent: with at most `mostErrors` errors, or with nothing but an error if it is
 * larger than an answer may be, or if it needed more reads than a request may make.
 * @param limit bytes as JSON
 */
export function boundedResult(result: ExecutionResult, limit: number): ExecutionResult {
  const { errors } = result;
  const isCut = errors?.some((error) => rootOf(error) instanceof ReadBudgetExceeded) ?? false;
  if (isCut || isLargerThan(result.data, limit))
    return { errors: [tooLarge(`The answer is larger than ${limit} bytes. Request less at once.`)] };
  if (errors === undefined || errors.length <= mostErrors) return result;
  return { ...result, errors: errors.slice(0, mostErrors) };
}
