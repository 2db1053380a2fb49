import type { WebSocket } from 'ws';
import { type Authenticate, unauthenticated, type Viewer } from '../auth/viewer.ts';
import { ApiError } from '../domain/errors.ts';
import { closeCode } from './close-code.ts';
import { closeUnavailable, type SocketState } from './websocket.ts';

/** Hears once of the session that is watched, then nothing more. */
export interface SessionWatcher {
  onEnd(): void;
  /** It can't be watched any longer. */
  onLost(): void;
}

/** A watch over one session, which begins once. */
export interface SessionWatch {
  /** Resolves once the session was live after the watch had begun, or the watcher has heard otherwise. Never rejects. */
  start(): Promise<void>;
  stop(): void;
}

export type WatchSession = (viewer: Viewer, watcher: SessionWatcher) => SessionWatch;

export interface SocketSessions {
  readonly authenticate: Authenticate;
  readonly isLive: (viewer: Viewer) => Promise<boolean>;
  readonly watchSession: WatchSession;
}

/**
 * Signs a socket in for as long as its token and its session last; then it is closed with 4403. Who is told of it is
 * watched already.
 * @returns false where the token is not good
 */
export async function signIn(
  socket: SocketState,
  authorization: unknown,
  sessions: SocketSessions,
): Promise<boolean> {
  const viewer = await viewerOf(authorization, sessions.authenticate);
  if (viewer === null) return false;
  await hold(socket, viewer, sessions.watchSession);
  return true;
}

/**
 * Prolongs a socket by a fresh token of the same account; its subscriptions go on.
 * @returns false where the token is not good, is another account's, or the socket has none to be renewed
 */
export async function renew(
  socket: SocketState,
  authorization: unknown,
  sessions: SocketSessions,
): Promise<boolean> {
  const present = socket.viewer;
  if (present === null) return false;
  const viewer = await viewerOf(authorization, sessions.authenticate);
  if (viewer === null || viewer.accountId !== present.accountId) return false;
  await hold(socket, viewer, sessions.watchSession);
  return true;
}

/**
 * Looks, before an operation is executed, whether the socket's token and session are still good; one that has heard
 * of its end too late is closed with 4403.
 * @throws ApiError UNAUTHENTICATED where they are not
 */
export async function requireLive(
  { socket, viewer }: SocketState,
  { isLive }: SocketSessions,
): Promise<void> {
  if (viewer === null) return;
  if (viewer.expiresAt.getTime() > Date.now() && (await isLive(viewer))) return;
  socket.close(closeCode.forbidden, 'Forbidden');
  throw unauthenticated();
}

async function viewerOf(authorization: unknown, authenticate: Authenticate): Promise<Viewer | null> {
  try {
    return await authenticate(authorization);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  }
}

/** The longest that a timer of Node takes; a token that lasts longer is looked at again then. */
const longestTimer = 2 ** 31 - 1;

async function hold(state: SocketState, viewer: Viewer, watchSession: WatchSession): Promise<void> {
  state.release();
  // The client may have gone while its token was looked at.
  if (state.socket.readyState !== state.socket.OPEN) return;
  state.viewer = viewer;
  const held = new HeldSession(state.socket, viewer, watchSession);
  state.release = () => held.release();
  await held.start();
}

/** Closes a socket when its token expires or its session ends. */
class HeldSession implements SessionWatcher {
  readonly #socket: WebSocket;
  readonly #viewer: Viewer;
  readonly #watch: SessionWatch;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, viewer: Viewer, watchSession: WatchSession) {
    this.#socket = socket;
    this.#viewer = viewer;
    this.#watch = watchSession(viewer, this);
  }

  async start(): Promise<void> {
    this.#expire();
    await this.#watch.start();
  }

  onEnd(): void {
    this.#socket.close(closeCode.forbidden, 'Forbidden');
  }

  /** Better one socket that has to come back than one that outlives its session. */
  onLost(): void {
    closeUnavailable(this.#socket);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#watch.stop();
  }

  #expire(): void {
    const left = this.#viewer.expiresAt.getTime() - Date.now();
    if (left <= 0) this.onEnd();
    else this.#timer = setTimeout(() => this.#expire(), Math.min(left, longestTimer));
  }
}
