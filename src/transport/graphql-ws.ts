import { type ExecutionArgs, type GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { type Context as Connection, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { FairLimit } from '../database/fair-limit.ts';
import { ApiError } from '../domain/errors.ts';
import { askedOf } from './asked-fields.ts';
import { buildContext, type ContextSource } from './build-context.ts';
import { closeCode } from './close-code.ts';
import { withoutText } from './document-text.ts';
import type { Executor } from './executor.ts';
import { answerErrors, clear, type ReservedId, reserve, reviveIncoming } from './graphql-ws-workarounds.ts';
import type { KnownDocuments } from './known-documents.ts';
import type { OperationQuota } from './limits/operation-quota.ts';
import { payingAddress } from './limits/payer.ts';
import type { SocketQuota } from './limits/socket-quota.ts';
import { readLiveCursorFirst } from './live-cursor.ts';
import { type LiveExecutionOptions, type SubscriptionTarget, subscribe } from './live-execution.ts';
import { type Load, tooMuch } from './load.ts';
import { asGraphQLError, type OperationGate, RefusedOperation } from './operation-gate.ts';
import { RenewalTurns } from './renewal-turns.ts';
import { ResumePoint, wrongResumePoint } from './resume-point.ts';
import { renew, requireLive, type SocketSessions, signIn } from './socket-session.ts';
import type { SubscriptionQuota } from './subscription-quota.ts';
import type { SocketState } from './websocket.ts';

export interface GraphQLOverWebSocket extends SocketSessions, LiveExecutionOptions {
  readonly schema: GraphQLSchema;
  readonly gate: OperationGate;
  readonly known: Pick<KnownDocuments, 'textOf'>;
  readonly contexts: ContextSource;
  /** Refuses operations if the server is overloaded. */
  readonly load: Pick<Load, 'refuses' | 'during'>;
  readonly executor: Executor;
  readonly socketQuota: SocketQuota;
  readonly operationQuota: OperationQuota;
  readonly subscriptionQuota: SubscriptionQuota;
  currentCursor(): Promise<string>;
}

/**
 * How long documents from sockets are parsed and checked before the event loop may do other work, in ms. Even
 * if a thousand arrive at once, nobody else is held up, and a client with one does not wait behind all of
 * another's.
 */
const slice = 10;

type Params = Record<string, unknown> | undefined;
type Socket = Connection<Params, SocketState>;

/** The graphql-transport-ws protocol (https://github.com/enisdenjo/graphql-ws, PROTOCOL.md) over Questline's schema. */
export function createProtocol(options: GraphQLOverWebSocket): Server<SocketState> {
  const { presentError, executor, load } = options;
  const renewals = new RenewalTurns();
  const preparing = { ...options, preparations: new FairLimit({ most: 1, slice }) };
  const targetOf = new WeakMap<ExecutionArgs, SubscriptionTarget & Begun>();
  // graphql-ws keeps the arguments of a subscription for as long as it lasts, so they are removed once they
  // are taken.
  const takeTarget = (args: ExecutionArgs) => {
    const target = targetOf.get(args);
    if (!target) throw new Error('Every operation is prepared for a socket.');
    targetOf.delete(args);
    return target;
  };
  return makeServer<Params, SocketState>({
    connectionInitWaitTimeout: 3_000,
    jsonMessageReviver: reviveIncoming,
    onConnect({ connectionParams, extra }) {
      const { authorization, after } = connectionParams ?? {};
      // Neither a token nor anything else that a client sends should stay in memory for as long as the
      // socket.
      if (connectionParams) clear(connectionParams);
      return admit(extra, { authorization, after }, options);
    },
    onPing: async ({ extra }, payload) => {
      const authorization = payload?.authorization;
      if (authorization === undefined) return;
      await renewals.take(extra.socket, async () => {
        if (extra.socket.readyState !== extra.socket.OPEN) return;
        if (!(await renew(extra, authorization, options)))
          extra.socket.close(closeCode.forbidden, 'Forbidden');
      });
    },
    async onSubscribe(socket, id, payload) {
      const reserved = reserve(socket, id);
      const { args, cost, end } = await prepare(socket, id, payload, preparing);
      clear(payload);
      if ('schema' in args) targetOf.set(args, { socket: socket.extra, id, cost, reserved, end });
      return reserved.keep(args, end);
    },
    execute(args) {
      const { socket, reserved, end } = takeTarget(args);
      const running = answerErrors(() => executor.run(args)).finally(end);
      return reserved.keep(load.during(payingAddress(socket.device).id, running));
    },
    subscribe(args) {
      const target = takeTarget(args);
      return target.reserved.keep(answerErrors(() => subscribe(args, target, options)).finally(target.end));
    },
    onNext: (_socket, _id, _payload, _args, { errors, ...result }) =>
      errors ? { ...result, errors: errors.map(presentError) } : result,
    onError: (_socket, _id, _payload, errors) => errors.map(presentError),
  });
}

/**
 * Lets a socket in, signed in if it has a token. If there are too many sockets it is closed with 4429; if its
 * `after` is invalid, with 4400.
 * @returns false if its token is not valid, or if it is closed
 */
async function admit(
  socket: SocketState,
  { authorization, after }: { readonly authorization: unknown; readonly after: unknown },
  options: GraphQLOverWebSocket,
): Promise<boolean> {
  const resume = ResumePoint.read(after);
  if (resume === null) {
    socket.socket.close(closeCode.badMessage, wrongResumePoint);
    return false;
  }
  socket.resume = resume;
  if (authorization !== undefined && !(await signIn(socket, authorization, options))) return false;
  if (await options.socketQuota.take(socket)) return true;
  socket.socket.close(closeCode.tooMany, 'Too many sockets');
  return false;
}

/** An operation that holds its id. It is counted until it has ended; a subscription, until it has begun. */
interface Begun {
  readonly reserved: ReservedId;
  end(): void;
}

interface Prepared extends Pick<Begun, 'end'> {
  /** What graphql-js needs to run an operation, or the errors in it. */
  readonly args: ExecutionArgs | readonly GraphQLError[];
  readonly cost?: number;
}

async function prepare(
  socket: Socket,
  id: string,
  { query, operationName, variables, extensions }: SubscribePayload,
  options: GraphQLOverWebSocket & { readonly preparations: FairLimit },
): Promise<Prepared> {
  const {
    schema,
    gate,
    known,
    load,
    contexts,
    currentCursor,
    operationQuota,
    subscriptionQuota,
    preparations,
  } = options;
  let end: Begun['end'] = () => undefined;
  try {
    // Without that word it is not a subscription; with it, it may still not be one.
    const request = { query, operationName, variables, extensions };
    const text = known.textOf(request);
    const maySubscribe = typeof text === 'string' && text.includes('subscription');
    if (!maySubscribe && load.refuses(payingAddress(socket.extra.device).id))
      throw new ApiError('SERVICE_UNAVAILABLE', tooMuch);
    // Counted before any work is done for it.
    end = operationQuota.take(socket.extra, maySubscribe ? 'subscriptions' : 'operations');
    await requireLive(socket.extra, options);
    // Read now: the token of the socket may be renewed while the operation runs.
    const { viewer, device } = socket.extra;
    const admitted = await socket.extra.pace.during(query, () =>
      gate.admit(request, { viewer, device }, preparations),
    );
    if (admitted instanceof RefusedOperation) throw admitted;
    const { document, operation, cost } = admitted;
    const lasts = operation.operation === OperationTypeNode.SUBSCRIPTION;
    if (lasts) subscriptionQuota.take(socket, id);
    else if (maySubscribe) {
      end();
      end = operationQuota.take(socket.extra, 'operations');
    }
    const asked = askedOf(document, operation);
    const contextValue = buildContext(contexts, { viewer, device }, { asked });
    await readLiveCursorFirst(document, contextValue, currentCursor);
    if (lasts) contextValue.resumeAfter = socket.extra.resume?.cursorFor(operation.name?.value);
    if (socket.extra.reportsCost) contextValue.reportedCost = cost;
    const kept = lasts ? withoutText(document) : document;
    const args = { schema, document: kept, operationName, variableValues: variables, contextValue };
    return { args, cost, end };
  } catch (error) {
    end();
    socket.extra.pace.refused();
    return { args: error instanceof RefusedOperation ? error.errors : [asGraphQLError(error)], end };
  }
}
