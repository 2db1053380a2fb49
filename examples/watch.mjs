/**
 * Prints the completed quests of a person and the entries of their ledger, as they happen:
 *
 *   node examples/watch.mjs <access token> [ws://localhost:4000/graphql]
 *
 * Each event carries a cursor. After a lost connection the subscription continues after the last one, so that no event
 * is missed or repeated, however long the client was away.
 */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const [token, url = 'ws://localhost:4000/graphql'] = process.argv.slice(2);
if (!token || !/^wss?:/.test(url) || !URL.canParse(url)) {
  console.error('node examples/watch.mjs <access token> [ws://localhost:4000/graphql]');
  process.exit(1);
}
let connected = false;
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  lazyCloseTimeout: 1_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  // 4403: the token is invalid or has expired. Everything else is temporary, such as a restart of the server. But if no
  // connection ever succeeded, the address is wrong or the server is not running.
  shouldRetry: ({ code }) => connected && code !== 4403,
  on: {
    connected: () => {
      connected = true;
    },
    closed: ({ code, reason }) => {
      if (connected) console.log(`Connection to ${url} closed: ${code} ${reason}`);
    },
  },
});

run({ query: '{ liveCursor viewer { user { username } } }' }, ({ liveCursor, viewer }) => {
  if (!viewer?.user) return console.error('No account belongs to this token.');
  console.log(`Watching ${viewer.user.username}.`);
  watch(liveCursor, 'questCompleted', 'completion { quest { name } }', ({ completion }) => {
    console.log(`Completed: ${completion.quest.name}`);
  });
  watch(liveCursor, 'walletChanged', 'entry { amount currency balanceAfter }', ({ entry }) => {
    console.log(`Wallet: ${entry.amount} ${entry.currency}, now ${entry.balanceAfter}`);
  });
});

function watch(after, field, selection, tell) {
  const query = `subscription ($after: LiveCursor) { ${field}(after: $after) { cursor ${selection} } }`;
  const operation = { query, variables: { after } };
  run(operation, ({ [field]: event }) => {
    operation.variables.after = event.cursor;
    tell(event);
  });
}

function run(operation, take) {
  client.subscribe(operation, {
    next: ({ data, errors }) => (errors ? console.error(errors) : take(data)),
    error: (problem) => {
      console.error(explain(problem));
      process.exitCode = 1;
    },
    complete: () => undefined,
  });
}

/** What has ended a subscription: the errors of GraphQL, how the connection was closed, or why there was none. */
function explain(problem) {
  if (Array.isArray(problem)) return `Refused: ${problem.map(({ message }) => message).join(' ')}`;
  if (problem.code === 4403)
    return `${url} refuses the token (4403 ${problem.reason}): sign in again for another.`;
  const why = problem.error?.errors?.[0]?.message ?? problem.message ?? `${problem.code} ${problem.reason}`;
  return `Could not reach ${url} (${why}): start the server, or name its address as the second argument.`;
}
