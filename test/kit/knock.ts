import type { App } from './app.ts';
import type { Person } from './seed.ts';
import { Socket, type SocketOptions } from './socket.ts';

export interface Knock {
  readonly socket: Socket;
  /** The answer, or the code with which the socket was closed. */
  readonly answer: string | number;
}

/** Opens a socket, sends `connection_init` with this payload, and waits until it is accepted or closed. */
export async function knock(
  { client }: Pick<App, 'client'>,
  options: SocketOptions,
  payload?: Record<string, unknown>,
): Promise<Knock> {
  const socket = await Socket.open(client, options);
  socket.send({ type: 'connection_init', payload });
  const closing = socket.closed().then(({ code }) => code);
  const acknowledged = socket.receive('connection_ack').then(({ type }) => type);
  acknowledged.catch(() => undefined);
  closing.catch(() => undefined);
  return { socket, answer: await Promise.any([acknowledged, closing]) };
}

/** The payload of `connection_init` with this access token. */
export const tokenOf = ({ accessToken }: Pick<Person, 'accessToken'>) => ({
  authorization: `Bearer ${accessToken}`,
});

/** Options for a request or an upgrade that comes from this address; works if a proxy is trusted. */
export const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

export const answersOf = (knocks: readonly Knock[]) => knocks.map(({ answer }) => answer).sort();
export const acknowledged = (count: number) => Array<string>(count).fill('connection_ack');
export const tooMany = (count: number) => Array<number>(count).fill(4429);
