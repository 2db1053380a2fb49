import { createHash } from 'node:crypto';
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, execute, print } from 'graphql';
import pLimit from 'p-limit';
import type { Viewer } from '../auth/viewer.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import type { LiveSource } from '../pubsub/live-source.ts';
import type { Frame, LiveOperation } from '../pubsub/subscriber.ts';
import type { LiveRecord } from '../pubsub/topics.ts';
import type { Context } from '../resolvers/context.ts';
import { boundedResult } from './answer.ts';
import type { PresentError } from './errors.ts';
import { nextBody } from './frame.ts';
import type { LiveSubscriber } from './live-subscriber.ts';
import type { Rendering, RenderingLane } from './rendering.ts';
import { variablesOfEvents } from './variables-of-events.ts';

export interface LiveOperationOptions {
  readonly rendering: Rendering;
  readonly presentError: PresentError;
  /** The most bytes of the answer for one event. */
  readonly maxAnswer: number;
}

/** Viewers whose answers are rendered at once, if each viewer gets their own. */
const viewersAtOnce = 32;

/**
 * A subscription, shared by all who asked for the same. To find out whether its answer depends on the viewer,
 * it is executed for nobody, in a context that notices if a resolver or a loader looks at the viewer. If none
 * did, the answer is the same for all. If one did, that answer is thrown away, and each viewer gets their
 * own.
 */
export class GraphQLLiveOperation implements LiveOperation<LiveSubscriber> {
  readonly key: string;
  readonly source: LiveSource;
  readonly cost: number | undefined;
  readonly #args: ExecutionArgs;
  readonly #presentError: PresentError;
  readonly #maxAnswer: number;
  readonly #lane: RenderingLane;
  #dependsOnViewer: boolean;

  /** @param cost the points of one event */
  constructor(
    { args, source, cost }: { args: ExecutionArgs; source: LiveSource; cost?: number | undefined },
    { rendering, presentError, maxAnswer }: LiveOperationOptions,
  ) {
    this.#args = { ...args, contextValue: undefined };
    this.#presentError = presentError;
    this.#maxAnswer = maxAnswer;
    this.#lane = rendering.lane();
    this.source = source;
    this.cost = cost;
    this.#dependsOnViewer = source.dependsOnListener;
    this.key = keyOf(args, source);
  }

  async render(
    records: readonly LiveRecord[],
    subscribers: Iterable<LiveSubscriber>,
  ): Promise<(subscriber: LiveSubscriber) => readonly Frame[]> {
    const shared = this.#dependsOnViewer ? null : await this.#lane.run(() => this.#renderForAll(records));
    if (shared !== null) return () => shared;
    this.#dependsOnViewer = true;
    const byViewer = Map.groupBy(subscribers, ({ state }) => standingOf(state.viewer));
    const frames = new Map<LiveSubscriber, readonly Frame[]>();
    await pLimit(viewersAtOnce).map(byViewer.values(), async (alike) => {
      const own = await this.#lane.run(() => this.#renderForOne(records, alike[0]));
      for (const subscriber of alike) frames.set(subscriber, own);
    });
    return (subscriber) => frames.get(subscriber) ?? [];
  }

  /** @returns null if the answer may differ between viewers */
  async #renderForAll(records: readonly LiveRecord[]): Promise<readonly Frame[] | null> {
    const { rendering } = this.#lane;
    const watched = rendering.contextOfNobody(records);
    const results = await this.#execute(records, watched.context);
    // Reads that failed must not be shared with the next operation.
    if (results.some(({ errors }) => errors !== undefined)) rendering.forget(records);
    return watched.viewerWasSeen() ? null : this.#frames(records, results);
  }

  async #renderForOne(
    records: readonly LiveRecord[],
    subscriber: LiveSubscriber | undefined,
  ): Promise<readonly Frame[]> {
    if (subscriber === undefined) return [];
    // Read now: the token of the socket may be renewed while the events are read.
    const { viewer } = subscriber.state;
    const { rendering } = this.#lane;
    const database = rendering.database();
    const audible = await this.source.audibleTo(records, viewer, database);
    if (audible.length === 0) return [];
    const context = rendering.contextOf(viewer, database);
    return this.#frames(audible, await this.#execute(audible, context));
  }

  /** One execution for each event; those of a batch share their reads. */
  #execute(records: readonly LiveRecord[], context: Context): Promise<ExecutionResult[]> {
    return Promise.all(
      records.map(async (record) => execute({ ...this.#args, rootValue: record, contextValue: context })),
    );
  }

  /** @throws the driver's error if the database is unreachable, so that the event is not lost */
  #frames(records: readonly LiveRecord[], results: readonly ExecutionResult[]): readonly Frame[] {
    for (const { errors } of results) {
      const away = errors?.find(({ originalError }) => isDatabaseUnavailable(originalError));
      if (away !== undefined) throw away.originalError;
    }
    return records.flatMap(({ seq }, index) => {
      const result = results[index];
      return result === undefined
        ? []
        : [{ seq, body: nextBody(this.#present(boundedResult(result, this.#maxAnswer))) }];
    });
  }

  #present({ errors, ...result }: ExecutionResult): object {
    return errors === undefined ? result : { ...result, errors: errors.map(this.#presentError) };
  }
}

/**
 * The same text for viewers who get the same answers. The role counts, because a session may still have a
 * token from before the account's role changed.
 */
function standingOf(viewer: Viewer | null): string | null {
  return viewer && JSON.stringify([viewer.accountId, viewer.sessionId, viewer.role]);
}

/**
 * Identifies subscriptions that share executions. Where they begin makes no difference once both have caught
 * up.
 */
function keyOf({ document, operationName, variableValues }: ExecutionArgs, source: LiveSource): string {
  const given = variableValues ?? {};
  // A variable that is left out has its default; one that is null does not.
  const variables = variablesOfEvents(document, operationName ?? null).map((name) =>
    Object.hasOwn(given, name) ? [name, given[name]] : [name],
  );
  const { topic, audience } = source;
  return createHash('sha256')
    .update(JSON.stringify([topic, audience, hashOf(document), operationName ?? null, variables]))
    .digest('base64');
}

const hashes = new WeakMap<DocumentNode, string>();

/** A hash of the document itself; layout and comments make no difference. */
function hashOf(document: DocumentNode): string {
  const hash = hashes.get(document) ?? createHash('sha256').update(print(document)).digest('base64');
  hashes.set(document, hash);
  return hash;
}
