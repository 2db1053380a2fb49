/**
 * The benchmarks of `npm run bench`, as its help lists them; the code of each is in `bench/<name>.ts`.
 *
 * @typedef {object} Benchmark
 * @property {string} summary what it measures
 * @property {Readonly<Record<string, readonly [number, string]>>} [options] whole numbers: the default and
 *   the meaning
 * @property {readonly string[]} [parts] names that may follow its own, to measure only those parts
 */

/** If none is named, the first one runs. @type {Readonly<Record<string, Benchmark>>} */
export const benchmarks = {
  latency: {
    summary: 'how long a live event takes from its commit to the socket',
    options: { events: [300, 'how many live events'] },
  },
  'fan-out': {
    summary: 'the cost of a delivered message, beside a bare broadcast and the stock packages',
    options: {
      sockets: [5_000, 'how many subscribe'],
      rounds: [7, 'how many rounds for each server, in turn'],
    },
  },
  'slow-readers': {
    summary: 'what sockets that never read cost the server and the others',
    options: { events: [100_000, 'how many live events'], mute: [200, 'how many sockets never read'] },
  },
  resume: {
    summary: 'the cost when all sockets reconnect at once',
    options: { sockets: [5_000, 'how many'], missed: [100, 'how many events each is behind'] },
  },
  logins: {
    summary: 'whether the time of a refusal tells a known login from an unknown one',
    options: { logins: [200, 'how many of each kind are refused'] },
  },
  reads: { summary: 'how long PostgreSQL takes for each list, with 200,000 posts' },
  attacks: {
    summary: 'what others notice while a server is under attack; name attacks to run only these',
    parts: [
      'upgrades',
      'did-you-mean',
      'unknown-keys',
      'wrong-variables',
      'deep-variables',
      'empty-wallet',
      'late-events',
      'long-answers',
      'unseen-texts',
      'different-lives',
      'far-lives',
      'old-cursors',
      'long-lives',
      'comments',
      'in-flight',
      'sign-ins',
      'half-open',
      'brackets',
      'fragments',
      'overlaps',
      'introspection',
      'abusive-documents',
    ],
  },
  limits: {
    summary: 'what the limits cost a query of 50 posts',
    options: {
      rounds: [11, 'how many rounds for each server, in turn'],
      seconds: [4, 'how long a round is'],
      connections: [24, 'how many ask at once'],
    },
  },
  overload: {
    summary: 'what happens to other requests if more arrive than a server can carry',
    options: { times: [3, 'the load, as a multiple of what it can carry'], seconds: [15, 'for how long'] },
  },
  outages: {
    summary: 'what is answered while Redis or PostgreSQL is unreachable',
    options: {
      redis: [30, 'for how many seconds Redis is unreachable'],
      postgres: [20, 'for how many seconds PostgreSQL is unreachable'],
    },
  },
  kills: {
    summary: 'whether purchases happen once, whatever process is killed',
    options: { kills: [50, 'how many processes'], purchases: [500, 'how many purchases'] },
  },
  order: {
    summary:
      'whether live events come in the order of their commits, and how many commits a second there are',
    options: {
      events: [20_000, 'how many'],
      writers: [50, 'how many write at once'],
      shortest: [0, 'how long a transaction lasts at least, in ms'],
      longest: [20, 'how long at most'],
    },
  },
};

const names = Object.keys(benchmarks);

/** Puts the name of the benchmark first. @param {readonly string[]} args @returns {[string, string[]]} */
export function splitArguments(args) {
  const [first, ...others] = args.filter((arg) => arg !== '');
  if (first === undefined || first.startsWith('-'))
    return ['latency', first === undefined ? [] : [first, ...others]];
  return [first, others];
}

/** What is wrong with the arguments of `npm run bench`; undefined if nothing is. @param {readonly string[]} args */
export function problemOf(args) {
  const [name, rest] = splitArguments(args);
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark) return `There is no benchmark ${name}; there are ${names.join(', ')}.`;
  const options = Object.keys(benchmark.options ?? {});
  const parts = benchmark.parts ?? [];
  for (const [index, arg] of rest.entries()) {
    const [option] = arg.split('=');
    if (arg.startsWith('-') && !options.includes(option?.slice(2) ?? ''))
      return `${name} has no option ${option}; ${options.length > 0 ? `there are ${options.map((known) => `--${known}`).join(', ')}` : 'it has none'}.`;
    const isValue = index > 0 && rest[index - 1]?.startsWith('-') && !rest[index - 1]?.includes('=');
    if (!arg.startsWith('-') && !isValue && !parts.includes(arg))
      return `${name} does not know ${arg}${parts.length > 0 ? `; there are ${parts.join(', ')}` : ''}.`;
  }
  return undefined;
}

/** For the help of `npm run bench`. @returns {(readonly [string, string])[]} */
export function benchmarkRows() {
  return Object.entries(benchmarks).flatMap(([name, { summary, options = {}, parts }]) => [
    /** @type {const} */ ([name, summary]),
    ...Object.entries(options).map(
      ([option, [standard, meaning]]) => /** @type {const} */ ([`  --${option} ${standard}`, meaning]),
    ),
    ...rowsOf(parts ?? []),
  ]);
}

/** Six names per line. @param {readonly string[]} parts @returns {(readonly [string, string])[]} */
function rowsOf(parts) {
  if (parts.length === 0) return [];
  return [['', parts.slice(0, 6).join(' ')], ...rowsOf(parts.slice(6))];
}
