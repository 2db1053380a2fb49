import type { App } from './app.ts';
import type { Person } from './seed.ts';
import { Socket, type SocketOptions } from './socket.ts';

export interface Knock {
  readonly socket: Socket;
  /** What it was answered, or the code with which it was closed. */
  readonly answer: string | number;
}

/** Opens a socket, with what is the payload of its `connection_init`, and waits until it is let in or not. */
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

/** The payload of whoever has this token. */
export const tokenOf = ({ accessToken }: Pick<Person, 'accessToken'>) => ({
  authorization: `Bearer ${accessToken}`,
});

/** A request or an upgrade that comes from there, where a proxy is believed. */
export const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

export const answersOf = (knocks: readonly Knock[]) => knocks.map(({ answer }) => answer).sort();
export const acknowledged = (count: number) => Array<string>(count).fill('connection_ack');
export const tooMany = (count: number) => Array<number>(count).fill(4429);
