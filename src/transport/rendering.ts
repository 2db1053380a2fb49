import type { Viewer } from '../auth/viewer.ts';
import type { Db } from '../database/database.ts';
import { FairLimit } from '../database/fair-limit.ts';
import { LimitedDb } from '../database/limited-db.ts';
import { createSharedLoaders, type SharedLoaders } from '../loaders/loaders.ts';
import type { LiveRecord } from '../pubsub/topics.ts';
import type { Context } from '../resolvers/context.ts';
import { buildContext, type ContextSource, noDevice, watchedContext } from './build-context.ts';
import { inRequest } from './request-scope.ts';

export interface RenderingOptions {
  readonly contexts: ContextSource;
  /** Connections that live events may take, of those that all share. */
  readonly connections: number;
}

/** Executions at once in a process: each is one batch of events of one operation, for all or for one viewer. */
const mostAtOnce = 32;
/** How long executions follow each other before the event loop is given to others, in ms. */
const slice = 10;
/** How long what was read for some events is used for them, in ms. */
const sharedFor = 1_000;

interface Reads {
  readonly loaders: SharedLoaders;
  readonly until: number;
}

/**
 * What all live operations of a process render with. They have a part of the connections, and of the time: who asks for
 * costly ones keeps neither queries waiting nor other operations. Those that tell of the same events share what they
 * read of PostgreSQL, unless it is for somebody.
 */
export class Rendering {
  readonly #contexts: ContextSource;
  readonly #statements: LimitedDb;
  readonly #executions = new FairLimit({ most: mostAtOnce, slice });
  /** By the last event of a batch: everything was read after it had been committed. */
  readonly #reads = new WeakMap<LiveRecord, Reads>();

  constructor({ contexts, connections }: RenderingOptions) {
    this.#contexts = contexts;
    this.#statements = new LimitedDb(contexts.database, connections);
  }

  /** For one operation. */
  lane(): RenderingLane {
    return new RenderingLane(this, this.#executions);
  }

  /** The part of the database, with a queue of its own. */
  database(): Db {
    return this.#statements.lane();
  }

  /** A context that is nobody's, for a batch of events, and knows whether anything has looked at whose it is. */
  contextOfNobody(records: readonly LiveRecord[]): ReturnType<typeof watchedContext> {
    return watchedContext(this.#source(this.database()), this.#readsOf(records));
  }

  contextOf(viewer: Viewer | null, database: Db): Context {
    return buildContext(this.#source(database), { viewer, device: noDevice });
  }

  /** What was read for these events is not used any more: it failed. */
  forget(records: readonly LiveRecord[]): void {
    const last = records.at(-1);
    if (last !== undefined) this.#reads.delete(last);
  }

  #source(database: Db): ContextSource {
    return { ...this.#contexts, database };
  }

  #readsOf(records: readonly LiveRecord[]): SharedLoaders | undefined {
    const last = records.at(-1);
    if (last === undefined) return undefined;
    const known = this.#reads.get(last);
    if (known !== undefined && performance.now() < known.until) return known.loaders;
    const loaders = createSharedLoaders(this.database());
    this.#reads.set(last, { loaders, until: performance.now() + sharedFor });
    return loaders;
  }
}

/** One operation's way to render, beside all others. */
export class RenderingLane {
  readonly rendering: Rendering;
  readonly #executions: FairLimit;

  constructor(rendering: Rendering, executions: FairLimit) {
    this.rendering = rendering;
    this.#executions = executions;
  }

  /** Executes for one batch of events, when it has a turn, in a request of its own. */
  run<T>(execution: () => Promise<T>): Promise<T> {
    return inRequest(() => this.#executions.run(this, execution));
  }
}
