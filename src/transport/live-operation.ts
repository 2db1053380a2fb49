import { createHash } from 'node:crypto';
import { type ExecutionArgs, type ExecutionResult, execute, print } from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import type { LiveSource } from '../pubsub/live-source.ts';
import type { Frame, LiveOperation } from '../pubsub/subscriber.ts';
import type { LiveRecord } from '../pubsub/topics.ts';
import type { Context } from '../resolvers/context.ts';
import { buildContext, type ContextSource, noDevice, watchedContext } from './build-context.ts';
import type { PresentError } from './errors.ts';
import { nextBody } from './frame.ts';
import type { LiveSubscriber } from './live-subscriber.ts';
import { inRequest } from './request-scope.ts';
import { variablesOfEvents } from './variables-of-events.ts';

export interface LiveOperationOptions {
  readonly contexts: ContextSource;
  readonly presentError: PresentError;
}

/** Viewers whose answers are worked out at once, where each gets one of their own. */
const viewersAtOnce = 32;

/**
 * A subscription, as all execute it who asked for the same. Whether its answer depends on who asks is found out by
 * executing it for nobody, in a context that notices when a resolver or a loader looks at the viewer: what nobody
 * looked at can make no difference. Where somebody did, that answer is thrown away, and each viewer gets their own.
 */
export class GraphQLLiveOperation implements LiveOperation<LiveSubscriber> {
  readonly key: string;
  readonly source: LiveSource;
  readonly #args: ExecutionArgs;
  readonly #options: LiveOperationOptions;
  #dependsOnViewer: boolean;

  constructor(args: ExecutionArgs, source: LiveSource, options: LiveOperationOptions) {
    this.#args = args;
    this.#options = options;
    this.source = source;
    this.#dependsOnViewer = source.dependsOnListener;
    this.key = keyOf(args, source);
  }

  async render(
    records: readonly LiveRecord[],
    subscribers: Iterable<LiveSubscriber>,
  ): Promise<(subscriber: LiveSubscriber) => readonly Frame[]> {
    const shared = this.#dependsOnViewer ? null : await inRequest(() => this.#renderForAll(records));
    if (shared !== null) return () => shared;
    this.#dependsOnViewer = true;
    const byViewer = Map.groupBy(subscribers, ({ state }) => standingOf(state.viewer));
    const frames = new Map<LiveSubscriber, readonly Frame[]>();
    const classes = byViewer.values();
    const work = async () => {
      for (const alike of classes) {
        const own = await inRequest(() => this.#renderForOne(records, alike[0]));
        for (const subscriber of alike) frames.set(subscriber, own);
      }
    };
    await Promise.all(Array.from({ length: viewersAtOnce }, work));
    return (subscriber) => frames.get(subscriber) ?? [];
  }

  /** @returns null where the answer may be another for each viewer */
  async #renderForAll(records: readonly LiveRecord[]): Promise<readonly Frame[] | null> {
    const watched = watchedContext(this.#options.contexts);
    const results = await this.#execute(records, watched.context);
    return watched.viewerWasSeen() ? null : this.#frames(records, results);
  }

  async #renderForOne(
    records: readonly LiveRecord[],
    subscriber: LiveSubscriber | undefined,
  ): Promise<readonly Frame[]> {
    if (subscriber === undefined) return [];
    // As it is now: the socket may be renewed while the events are read.
    const { viewer } = subscriber.state;
    const heard = await Promise.all(records.map((record) => this.source.isAudible(record, viewer)));
    const audible = records.filter((_, index) => heard[index]);
    if (audible.length === 0) return [];
    const context = buildContext(this.#options.contexts, { viewer, device: noDevice });
    return this.#frames(audible, await this.#execute(audible, context));
  }

  /** One execution an event; those of a batch read together. */
  #execute(records: readonly LiveRecord[], context: Context): Promise<ExecutionResult[]> {
    return Promise.all(
      records.map(async (record) => execute({ ...this.#args, rootValue: record, contextValue: context })),
    );
  }

  /** @throws the driver's error where the database was away: the event is not to be lost with it */
  #frames(records: readonly LiveRecord[], results: readonly ExecutionResult[]): readonly Frame[] {
    for (const { errors } of results) {
      const away = errors?.find(({ originalError }) => isDatabaseUnavailable(originalError));
      if (away !== undefined) throw away.originalError;
    }
    return records.flatMap(({ seq }, index) => {
      const result = results[index];
      return result === undefined ? [] : [{ seq, body: nextBody(this.#present(result)) }];
    });
  }

  #present({ errors, ...result }: ExecutionResult): object {
    return errors === undefined ? result : { ...result, errors: errors.map(this.#options.presentError) };
  }
}

/** The same for viewers between whom nothing can tell: a session may have a token of before its account's role changed. */
function standingOf(viewer: Viewer | null): string | null {
  return viewer && JSON.stringify([viewer.accountId, viewer.sessionId, viewer.role]);
}

/** Where it begins is no difference between two subscriptions, once both have come there. */
function keyOf({ document, operationName, variableValues }: ExecutionArgs, source: LiveSource): string {
  const given = variableValues ?? {};
  // A variable that is left out has its default; one that is null has none.
  const variables = variablesOfEvents(document, operationName ?? null).map((name) =>
    Object.hasOwn(given, name) ? [name, given[name]] : [name],
  );
  const { topic, audience } = source;
  const text = document.loc?.source.body ?? print(document);
  return createHash('sha256')
    .update(JSON.stringify([topic, audience, text, operationName ?? null, variables]))
    .digest('base64');
}
