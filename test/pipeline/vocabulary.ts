import { randomUUID } from 'node:crypto';
import { Refusal } from '../../src/domain/refusal.ts';
import type { EventToRecord } from '../../src/services/event.service.ts';

/** An event that happens now, with a new id. */
export function event(
  fields: Partial<EventToRecord> & Pick<EventToRecord, 'eventType' | 'accountId'>,
): EventToRecord {
  return { eventId: randomUUID(), timestamp: new Date(), data: null, metadata: null, ...fields };
}

/** An event type that no other test uses. */
export function newType(): string {
  return `test.t${randomUUID().replaceAll('-', '')}`;
}

export function ago({ hours = 0, minutes = 0, ms = 0 }): Date {
  return new Date(Date.now() - hours * 3_600_000 - minutes * 60_000 - ms);
}

/** Runs `act` fifty times at once. */
export function fifty<T>(act: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 50 }, (_, index) => act(index)));
}

export function must<T>(value: T | Refusal | undefined): T {
  if (value instanceof Refusal) throw new Error(`Refused: ${JSON.stringify(value.errors)}`);
  if (value === undefined) throw new Error('There is none.');
  return value;
}

/** The code of a refusal, and the last part of its path. */
export function refusalOf(result: unknown): [code: string, field: string | undefined] | null {
  if (!(result instanceof Refusal)) return null;
  const [error] = result.errors;
  return error === undefined ? null : [error.code, error.field?.at(-1)];
}

/** Repeats `probe` until it holds; the test's timeout is its limit. */
export async function until(probe: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 5));
}
