import { inputAbuses } from './abuse-inputs.ts';
import { invalidAbuses } from './abuse-invalid.ts';
import { oversizedAbuses } from './abuse-oversized.ts';

/** An operation that is refused before anything is executed, with the same code over HTTP and WebSocket. */
export interface Abuse {
  readonly name: string;
  readonly query: string;
  /** The code of its first error. */
  readonly code: string;
  /**
   * As JSON, because they may be nested deeper than `JSON.stringify` goes, or have keys that mean something else in an
   * object literal.
   */
  readonly variables?: string;
  readonly operationName?: string;
}

/** Each fits into a WebSocket message, and exceeds only the limit that it is meant to exceed. */
export const abuses: readonly Abuse[] = [...oversizedAbuses, ...invalidAbuses, ...inputAbuses];

/** The JSON of the request: the body over HTTP, the payload over WebSocket. */
export function requestOf({ query, variables, operationName }: Abuse): string {
  const members = [
    `"query":${JSON.stringify(query)}`,
    ...(variables === undefined ? [] : [`"variables":${variables}`]),
    ...(operationName === undefined ? [] : [`"operationName":${JSON.stringify(operationName)}`]),
  ];
  return `{${members.join(',')}}`;
}

/** The message of graphql-transport-ws that sends it. */
export function messageOf(abuse: Abuse, id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"subscribe","payload":${requestOf(abuse)}}`;
}
