import { expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { Socket } from '../kit/socket.ts';

const { client, seed } = await startApp();

const query = `mutation {
  a: updateProfile(input: { displayName: "First" }) { account { user { displayName } } }
  b: updateProfile(input: { displayName: "Second" }) { account { user { displayName } } }
}`;
const named = (displayName: string) => ({ account: { user: { displayName } } });
const both = { data: { a: named('First'), b: named('Second') } };

test('each field of a mutation sees what it changed itself, over HTTP and WebSocket', async () => {
  const person = await seed.user();
  expect((await person.client.post({ query })).body).toEqual(both);
  const other = await seed.user();
  const socket = await Socket.acknowledged(client, { authorization: `Bearer ${other.accessToken}` });
  socket.send({ type: 'subscribe', id: '1', payload: { query } });
  expect((await socket.receive('next')).payload).toEqual(both);
});
