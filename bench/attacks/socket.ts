import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Target } from './attack.ts';
import { attackersAddress, type Sender } from './http.ts';

/** A socket that speaks graphql-transport-ws and passes on every message. */
export interface Wire {
  send(message: object | string): void;
  readonly isOpen: boolean;
  readonly closed: Promise<unknown>;
  close(): void;
}

export interface Message {
  readonly type: string;
  readonly id?: string;
  /** As received. */
  readonly text: string;
}

/** Opens a socket and waits until it is acknowledged. @throws Error if the server does not let it in */
export async function openWire(
  { url, signal, tally }: Pick<Target, 'url' | 'signal' | 'tally'>,
  onMessage: (message: Message) => void,
  { token, address = attackersAddress }: Sender = {},
): Promise<Wire> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { 'x-forwarded-for': address },
    perMessageDeflate: false,
  });
  // An error closes the socket, and that is counted.
  socket.on('error', () => undefined);
  signal.addEventListener('abort', () => socket.terminate(), { once: true });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('close', (code: number) => signal.aborted || tally.add(`closed with ${code}`));
  await once(socket, 'open', { signal });
  const acknowledged = Promise.withResolvers<void>();
  void closed.then(() => acknowledged.reject(new Error('not acknowledged')));
  socket.on('message', (data) => {
    const text = String(data);
    const [, type = ''] = /"type":"(\w+)"/.exec(text) ?? [];
    const [, id = ''] = /"id":"([^"]*)"/.exec(text) ?? [];
    if (type === 'connection_ack') acknowledged.resolve();
    else onMessage({ type, id, text });
  });
  const send = (message: object | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  send({
    type: 'connection_init',
    ...(token !== undefined && { payload: { authorization: `Bearer ${token}` } }),
  });
  await acknowledged.promise;
  return {
    send: (message) => socket.readyState === socket.OPEN && send(message),
    get isOpen() {
      return socket.readyState === socket.OPEN;
    },
    closed,
    close: () => socket.terminate(),
  };
}

/** The outcome of a message. */
export function outcomeOfMessage({ type, text }: Message): string {
  const [, code] = /"code":"([A-Z_]+)"/.exec(text.slice(0, 10_000)) ?? [];
  return code === undefined ? type : `${type} ${code}`;
}
