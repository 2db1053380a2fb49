import { randomUUID } from 'node:crypto';
import type { Attack } from './attack.ts';
import { again, postAgain, rest } from './http.ts';
import { openWire, outcomeOfMessage } from './socket.ts';

const thousands = 5_000;

/** Unbounded concurrency. */
export const inFlight: Attack = {
  summary: `one socket with ${thousands} queries in flight`,
  run: (target) =>
    again(target, 1, async () => {
      const { signal, tally } = target;
      let waiting = thousands;
      const wire = await openWire(target, (message) => {
        if (message.type !== 'complete') tally.add(outcomeOfMessage(message));
        if (message.type !== 'next') waiting--;
      });
      const query = '{ posts(first: 100) { nodes { id title author { username displayName } } } }';
      for (let id = 0; id < thousands; id++)
        wire.send({ id: `${id}`, type: 'subscribe', payload: { query } });
      while (waiting > 0 && wire.isOpen && !signal.aborted) await rest(signal, 20);
      return undefined;
    }),
};

/** A queue in which everybody waits for one client. Each login is different, so that none is locked. */
export const signIns: Attack = {
  summary: '1,000 sign-ins at once from one address',
  seconds: 8,
  othersSignIn: true,
  run: (target) =>
    postAgain(target, 1_000, () => {
      const input = { login: `nobody-${randomUUID()}@example.com`, password: randomUUID() };
      const query =
        'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken userErrors { code } } }';
      return JSON.stringify({ query, variables: { input } });
    }),
};
