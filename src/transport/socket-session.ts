import type { WebSocket } from 'ws';
import { type Authenticate, unauthenticated, type Viewer } from '../auth/viewer.ts';
import { ApiError } from '../domain/errors.ts';
import { closeCode } from './close-code.ts';
import { closeUnavailable, type SocketState } from './websocket.ts';

/** Is told once how the watch over a session ends. */
export interface SessionWatcher {
  onEnd(): void;
  /** The session can't be watched any longer. */
  onLost(): void;
}

/** Watches one session; it can be started once. */
export interface SessionWatch {
  /**
   * Resolves once the session was found live after the watch had begun, or the watcher was told otherwise.
   * Never rejects.
   */
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
 * Signs a socket in for as long as its token and its session last; then it is closed with 4403. When this
 * resolves, the session is already watched.
 * @returns false if the token is not valid
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
 * Prolongs a socket's sign-in with a fresh token of the same account; its subscriptions go on.
 * @returns false if the token is not valid or another account's, or if the socket is not signed in
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
 * Checks before an operation is executed that the socket's token and session are still valid. If they are
 * not, it closes the socket with 4403.
 * @throws ApiError UNAUTHENTICATED in that case
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

/** The longest that a timer of Node can take, in ms; if a token lasts longer, it is checked again then. */
const longestTimer = 2 ** 31 - 1;

async function hold(state: SocketState, viewer: Viewer, watchSession: WatchSession): Promise<void> {
  state.release();
  // The client may have left while its token was checked.
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

  /** Better to make one socket reconnect than to let it outlive its session. */
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
