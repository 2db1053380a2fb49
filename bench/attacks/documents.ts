import { abuses, messageOf, requestOf } from '../../test/api/abuse.ts';
import { areAbusesRefusedInTime } from './abuse-times.ts';
import type { Attack, Target } from './attack.ts';
import { again, postAgain, rest } from './http.ts';
import { openWire, outcomeOfMessage } from './socket.ts';

const megabyte = 1_000_000;

function many(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(' ');
}

/** Each document is new, so that none is in a cache. */
function postNew(target: Target, atOnce: number, queries: readonly string[]): Promise<void> {
  return postAgain(target, atOnce, (turn) =>
    JSON.stringify({ query: `${queries[turn % queries.length]} #${turn}` }),
  );
}

/** Attacks a cache that is bounded only by the number of its documents. */
export const comments: Attack = {
  summary: '1,000 documents with a megabyte of comment each',
  seconds: 8,
  run(target) {
    const comment = 'x'.repeat(megabyte);
    return postAgain(target, 8, (turn) => `{"query":"{ hello { message } } #${turn % 1_000} ${comment}"}`);
  },
};

export const brackets: Attack = {
  summary: 'a megabyte of { or [',
  run(target) {
    const queries = ['{', '[', '{a', '{ node(id: [', '"', '{a(b:'].map((text) =>
      text.repeat(Math.floor(megabyte / text.length / 2)),
    );
    queries.push(`{ nodes(ids: ${'['.repeat(megabyte - 1_000)}`);
    return postNew(target, 8, queries);
  },
};

export const fragments: Attack = {
  summary: 'as many fragments as fit, in chains, by doubling, each with each',
  run(target) {
    const doubling = (count: number, inside: string) =>
      `{ ...F0 } ${many(count, (index) => `fragment F${index} on Query { ${index < count - 1 ? `...F${index + 1} ...F${index + 1}` : inside} }`)}`;
    const last = 'posts(first: 100) { nodes { id } }';
    return postNew(target, 8, [
      `{ ...F0 } ${many(200, (index) => `fragment F${index} on Query { ${index < 199 ? `...F${index + 1}` : last} }`)}`,
      doubling(60, last),
      `{ ...F0 } ${many(40, (index) => `fragment F${index} on Query { ${many(40 - index - 1, (other) => `...F${index + other + 1}`)} __typename }`)}`,
      `{ ${many(60, (index) => `...F${index}`)} } ${many(60, (index) => `fragment F${index} on Query { ${many(12, () => 'hello { message }').slice(0, 400)} }`)}`,
      `{ hello { message } } ${many(270, (index) => `fragment F${index} on Query { __typename }`)}`,
      `{ ...F0 } ${many(24, (index) => `fragment F${index} on Query { ${many(24, (other) => `...F${other}`)} }`)}`,
    ]);
  },
};

/** Each field is compared with every other one of the same name. */
export const overlaps: Attack = {
  summary: 'one field hundreds of times in one place',
  run(target) {
    return postNew(target, 4, [
      `{ ${many(1_990, () => '__typename')} }`,
      `{ ${many(490, () => 'hello { message }')} }`,
      `{ ${many(160, () => 'posts(first: 1) { nodes { id } }')} }`,
      `{ ${many(30, () => `posts(first: 1) { ${many(9, () => 'nodes { id id }')} }`)} }`,
      `{ ${many(8, () => `posts(first: 1) { ${many(8, () => `nodes { ${many(20, () => 'id')} }`)} }`)} }`,
    ]);
  },
};

export const introspection: Attack = {
  summary: 'introspection of everything in everything',
  run(target) {
    const deep = (levels: number) => `${'fields { type { '.repeat(levels)}name${' } }'.repeat(levels)}`;
    return postNew(target, 4, [
      `{ __schema { types { ${deep(2)} } } }`,
      `{ __schema { types { ${deep(6)} } } }`,
      `{ __schema { types { ${deep(200)} } } }`,
      `{ ${many(25, (index) => `a${index}: __schema { types { fields { args { type { ofType { name } } } } } }`)} }`,
      `{ __type(name: "Query") { ${'possibleTypes { interfaces { '.repeat(7)}name${' } }'.repeat(7)} } }`,
    ]);
  },
};

/** The documents of test/api/abuse.ts, one after the other, over HTTP and over one socket after another. */
export const abusiveDocuments: Attack = {
  summary: `${abuses.length} abusive documents in turn, over HTTP and WebSocket`,
  isKeptAtFirst: areAbusesRefusedInTime,
  async run(target) {
    const { signal, tally } = target;
    const overHttp = postAgain(target, 4, (turn) => {
      const abuse = abuses[turn % abuses.length];
      return abuse === undefined ? '' : requestOf(abuse);
    });
    const overSockets = again(target, 2, async () => {
      const wire = await openWire(target, (message) => {
        if (message.type !== 'complete') tally.add(outcomeOfMessage(message));
      });
      for (const [id, abuse] of abuses.entries()) {
        if (!wire.isOpen || signal.aborted) break;
        wire.send(messageOf(abuse, `${id}`));
        await rest(signal, 5);
      }
      return undefined;
    });
    await Promise.all([overHttp, overSockets]);
  },
};
