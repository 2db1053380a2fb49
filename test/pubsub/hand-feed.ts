import type { Db } from '../../src/database/database.ts';
import type { EventPayer } from '../../src/pubsub/event-payer.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { LiveSource } from '../../src/pubsub/live-source.ts';
import type { Frame, LiveOperation, Subscriber } from '../../src/pubsub/subscriber.ts';
import type { FeedListener } from '../../src/pubsub/topic-feed.ts';
import { everyone, type LiveRecord } from '../../src/pubsub/topics.ts';
import { recordingLog } from './live-setup.ts';

/** The error that the driver throws if PostgreSQL cannot be reached. */
export const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** An unreachable database that records which pages are requested. */
function absentDatabase() {
  const asked: number[] = [];
  const database: Db = {
    async query(_statement, values = []) {
      asked.push(Number(values[1]));
      throw away();
    },
  };
  return { database, asked };
}

/**
 * A database that holds what a feed has handed on, and records which pages are requested.
 * @param onAsked called with each request; if it throws, the request fails
 */
export function databaseOf(
  { history }: { readonly history: readonly LiveRecord[] },
  onAsked: (page: { after: number }) => void = () => undefined,
) {
  const asked: number[] = [];
  const database: Db = {
    async query(_statement, [, after, , until, , , most] = []) {
      asked.push(Number(after));
      onAsked({ after: Number(after) });
      const rows = history
        .filter(({ seq }) => seq > Number(after) && seq <= Number(until))
        .slice(0, Number(most));
      const common = { expiredSeq: 0, scanned: rows.length, last: rows.at(-1)?.seq ?? null };
      const present = rows.map((row) => ({ ...row, ...common }));
      return JSON.parse(JSON.stringify(present.length > 0 ? present : [{ ...common, seq: null }]));
    },
  };
  return { database, asked };
}

/** A feed that hands on what a test tells it to. */
export function handFeed() {
  const listeners = new Set<FeedListener>();
  const history: LiveRecord[] = [];
  let position = 0;
  const records = (count: number): LiveRecord[] =>
    Array.from({ length: count }, () => ({
      seq: ++position,
      topic: 'post_changed',
      audience: everyone,
      payload: { action: 'CREATED', postId: String(position), authorId: everyone },
      occurredAt: new Date(),
    }));
  return {
    listeners,
    history,
    async subscribe(_topic: string, _audience: string, listener: FeedListener) {
      listeners.add(listener);
      return {
        get position() {
          return position;
        },
        unsubscribe: () => void listeners.delete(listener),
      };
    },
    /** @returns the last seq */
    handOn(count = 1): number {
      const next = records(count);
      history.push(...next);
      for (const listener of listeners) listener.onRecords(next);
      return position;
    },
  };
}

/** A payer with room for everything, whose points are counted. */
export function payer(key = 'somebody') {
  let points = 0;
  return {
    key,
    charge(more: number) {
      points += more;
    },
    room: () => Promise.resolve(),
    points: () => points,
  };
}

/** A subscriber with room for `room` frames in all. */
export function reader(room = Number.POSITIVE_INFINITY, paying: EventPayer = payer()) {
  const seqs: number[] = [];
  const ends: unknown[] = [];
  let slow = 0;
  const subscriber: Subscriber = {
    payer: paying,
    write(frames) {
      const taken = frames.slice(0, Math.max(0, room - seqs.length));
      seqs.push(...taken.map(({ seq }) => seq));
      return taken.length;
    },
    hasRoom: () => seqs.length < room,
    drained: () => (seqs.length < room ? Promise.resolve() : new Promise<never>(() => undefined)),
    tooSlow: () => void slow++,
    end: (error) => void ends.push(error),
  };
  return { subscriber, seqs, ends, slow: () => slow };
}

export const framesOf = (records: readonly LiveRecord[]): readonly Frame[] =>
  records.map(({ seq }) => ({ seq, body: Buffer.alloc(0) }));

export type Render = LiveOperation<Subscriber>['render'];

export function operation(key: string, render: Render = async (records) => () => framesOf(records)) {
  return { key, source: LiveSource.of({ topic: 'post_changed', audience: everyone }, 0), render };
}

/** A hub whose database cannot be reached. */
export function open(feed: Pick<ReturnType<typeof handFeed>, 'subscribe'> = handFeed()) {
  const { database, asked } = absentDatabase();
  const hub = new Hub<Subscriber>({ database, feed, log: recordingLog().log });
  return { hub, asked };
}

/**
 * A hub whose database holds what the feed has handed on.
 * @param onAsked called with each page that is requested; if it throws, the request fails
 */
export function openWithDatabase(onAsked?: (page: { after: number }) => void) {
  const feed = handFeed();
  const { database, asked } = databaseOf(feed, onAsked);
  return { feed, asked, hub: new Hub<Subscriber>({ database, feed, log: recordingLog().log }) };
}

/** A subscriber with room for ten frames until they are read. */
export function narrow() {
  const { subscriber, seqs, slow } = reader();
  let room = 10;
  let wake = () => {};
  const write: Subscriber['write'] = (frames) => {
    const taken = subscriber.write(frames.slice(0, room));
    room -= taken;
    return taken;
  };
  const drained = () => (room > 0 ? Promise.resolve() : new Promise<void>((resolve) => (wake = resolve)));
  const read = (next = 10) => {
    room = next;
    wake();
  };
  const hasRoom = () => room > 0;
  return { subscriber: { ...subscriber, write, hasRoom, drained }, seqs, slow, read };
}
