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
  /** Connections of the shared pool that live events may use. */
  readonly connections: number;
}

/**
 * The most executions at once in a process: each is one batch of events of one operation, for all viewers or
 * for one.
 */
const mostAtOnce = 32;
/** How long executions run before the event loop may do other work, in ms. */
const slice = 10;
/** How long reads for a batch of events are shared, in ms. */
const sharedFor = 1_000;

interface Reads {
  readonly loaders: SharedLoaders;
  readonly until: number;
}

/**
 * Renders all live operations of a process. They get a part of the connections and of the time: costly ones
 * hold up neither queries nor other operations. Operations that render the same events share their reads,
 * unless they are for one viewer.
 */
export class Rendering {
  readonly #contexts: ContextSource;
  readonly #statements: LimitedDb;
  readonly #executions = new FairLimit({ most: mostAtOnce, slice });
  /** By the last event of a batch: everything was read after that event was committed. */
  readonly #reads = new WeakMap<LiveRecord, Reads>();

  constructor({ contexts, connections }: RenderingOptions) {
    this.#contexts = contexts;
    this.#statements = new LimitedDb(contexts.database, connections);
  }

  /** The lane of one operation. */
  lane(): RenderingLane {
    return new RenderingLane(this, this.#executions);
  }

  /** A lane of the shared part of the database, with its own queue. */
  database(): Db {
    return this.#statements.lane();
  }

  /** A context of nobody for a batch of events, which records whether anything has looked at its viewer. */
  contextOfNobody(records: readonly LiveRecord[]): ReturnType<typeof watchedContext> {
    return watchedContext(this.#source(this.database()), this.#readsOf(records));
  }

  contextOf(viewer: Viewer | null, database: Db): Context {
    return buildContext(this.#source(database), { viewer, device: noDevice });
  }

  /** Drops the shared reads for these events because one of them failed. */
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

/** Renders one operation, taking turns with all others. */
export class RenderingLane {
  readonly rendering: Rendering;
  readonly #executions: FairLimit;

  constructor(rendering: Rendering, executions: FairLimit) {
    this.rendering = rendering;
    this.#executions = executions;
  }

  /** Executes for one batch of events in its own request scope, when it is the operation's turn. */
  run<T>(execution: () => Promise<T>): Promise<T> {
    return inRequest(() => this.#executions.run(this, execution));
  }
}
