import { randomUUID } from 'node:crypto';
import type { Attack, Target } from './attack.ts';
import { again, outcomeOf, post, rest } from './http.ts';
import { attackers } from './names.ts';
import { openWire, outcomeOfMessage } from './socket.ts';

interface Crowd {
  readonly sockets: number;
  /** Subscriptions of each socket, all different. */
  readonly subscriptions: number;
  queryOf(name: string): string;
  /** The address of the socket with this number. */
  addressOf(socket: number): string;
}

/** Opens sockets that stay subscribed until the time is over. */
async function listen(target: Target, { sockets, subscriptions, queryOf, addressOf }: Crowd): Promise<void> {
  const { signal, tally } = target;
  const one = async (socket: number) => {
    const wire = await openWire(target, (message) => tally.add(outcomeOfMessage(message)), {
      address: addressOf(socket),
    });
    for (let number = 0; number < subscriptions && wire.isOpen && !signal.aborted; number++) {
      const payload = { query: queryOf(`S${socket}x${number}`) };
      wire.send({ id: `${number}`, type: 'subscribe', payload });
      if (number % 10 === 9) await rest(signal, 5);
    }
  };
  const opened = await Promise.allSettled(Array.from({ length: sockets }, (_, socket) => one(socket)));
  const refused = opened.filter(({ status }) => status === 'rejected').length;
  if (refused > 0) tally.add('socket refused', refused);
}

/** Selects much of each event, under a different name each time. */
const wide = (name: string, after = '') =>
  `subscription ${name} { postChanged${after} { cursor post { id title author { username posts(first: 2) { nodes { id } } collections(first: 2) { nodes { id } } } collections(first: 2) { nodes { id owner { username } } } } } }`;

/** Meanwhile, writes a post twice a second. */
async function write(target: Target): Promise<void> {
  await again(target, 1, async () => {
    await rest(target.signal, 500);
    const query = `mutation { createPost(input: { title: "News", body: "${randomUUID()}" }) { post { id } userErrors { code } } }`;
    const answer = await post(target, JSON.stringify({ query }), { token: target.prey.tokens?.[0] });
    return `${outcomeOf(answer)} to a post`;
  });
}

function fromAddresses(addressOf: (socket: number) => string): Pick<Attack, 'seconds' | 'prepare' | 'run'> {
  return {
    seconds: 12,
    async prepare({ signIn }) {
      const [first = ''] = attackers;
      return { tokens: [await signIn(first)] };
    },
    async run(target) {
      const crowd = { sockets: 50, subscriptions: 100, queryOf: (name: string) => wide(name), addressOf };
      await Promise.all([listen(target, crowd), write(target)]);
    },
  };
}

const here = () => '198.51.100.7';

/** Fan-out × distinct operations, on the connections that serve requests. */
export const differentLives: Attack = {
  summary: '50 anonymous sockets with 100 different subscriptions each, and posts',
  ...fromAddresses(here),
};

export const farLives: Attack = {
  summary: 'the same from 50 addresses',
  ...fromAddresses((socket) => `198.51.100.${50 + socket}`),
};

/** Replays, which cost nothing to ask for. */
export const oldCursors: Attack = {
  summary: '100 sockets with 10 cursors each of 100,000 events ago',
  seconds: 8,
  async prepare({ oldCursor }) {
    return { cursor: oldCursor };
  },
  async run(target) {
    const queryOf = (name: string) => wide(name, `(after: "${target.prey.cursor}")`);
    await listen(target, { sockets: 100, subscriptions: 10, queryOf, addressOf: here });
    while (!target.signal.aborted) await rest(target.signal, 1_000);
  },
};

/** The text that subscriptions keep in memory. */
export const longLives: Attack = {
  summary: '50 sockets with 100 subscriptions of 60 KB each',
  seconds: 8,
  async run(target) {
    const comment = `#${'x'.repeat(60_000)}\n`;
    const queryOf = (name: string) => `${comment}subscription ${name} { postChanged { cursor } }`;
    await listen(target, { sockets: 50, subscriptions: 100, queryOf, addressOf: here });
    while (!target.signal.aborted) await rest(target.signal, 1_000);
  },
};
