import { expect, onTestFinished, test, vi } from 'vitest';
import { Load } from '../../src/transport/load.ts';
import { SocketPace } from '../../src/transport/socket-pace.ts';

/** The load of a server where requests have been waiting for a connection for long. */
function fullLoad(flows: readonly string[]): Load {
  const load = new Load({ longestWait: () => 1_000 });
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  for (const flow of flows) void load.during(flow, promise);
  return load;
}

const times = (count: number, flow: string) => Array<string>(count).fill(flow);

test('an address with a thousand requests in flight gets itself refused, and no other', () => {
  const load = fullLoad([...times(1_000, 'many'), ...times(20, 'few')]);
  expect(load.refuses('many')).toBe(true);
  expect(load.refuses('few')).toBe(false);
  expect(load.refuses('none yet')).toBe(false);
});

test('where each of many addresses has little in flight, all are refused', () => {
  const load = fullLoad(Array.from({ length: 150 }, (_, number) => `${number}`));
  expect(load.refuses('0')).toBe(true);
  expect(load.refuses('none yet')).toBe(true);
});

test('what has ended is not counted, and counts once', async () => {
  const load = fullLoad(times(149, 'one'));
  await Promise.all(times(100, 'one').map((flow) => load.during(flow, Promise.resolve())));
  expect(load.refuses('one')).toBe(false);
});

test('a socket is not read for the rest of a second after hundreds of refusals, or while much of it waits', async () => {
  const socket = { pause: vi.fn(), resume: vi.fn() };
  const pace = new SocketPace(socket);
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = pace.during('x'.repeat(200_000), () => promise);
  expect(socket.pause).toHaveBeenCalledTimes(1);
  resolve();
  await waiting;
  expect(socket.resume).toHaveBeenCalledTimes(1);
  for (let number = 0; number < 499; number++) pace.refused();
  expect(socket.pause).toHaveBeenCalledTimes(1);
  for (let number = 0; number < 1_000; number++) pace.refused();
  expect(socket.pause).toHaveBeenCalledTimes(2);
  await vi.waitFor(() => expect(socket.resume).toHaveBeenCalledTimes(2), 3_000);
});
