import { inputAbuses } from './abuse-inputs.ts';
import { invalidAbuses } from './abuse-invalid.ts';
import { oversizedAbuses } from './abuse-oversized.ts';

/** An operation that is refused before anything is executed, with the same code over HTTP and WebSocket. */
export interface Abuse {
  readonly name: string;
  readonly query: string;
  /** What the first of its errors has. */
  readonly code: string;
  /** As JSON: deeper than `JSON.stringify` goes, and with keys that an object literal takes for something else. */
  readonly variables?: string;
  readonly operationName?: string;
}

/** Each fits into a WebSocket message, and is below every limit but the one that it is to pass. */
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

/** The message of graphql-transport-ws that asks for it. */
export function messageOf(abuse: Abuse, id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"subscribe","payload":${requestOf(abuse)}}`;
}
