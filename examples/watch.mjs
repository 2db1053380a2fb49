/**
 * Prints a person's completed quests and the lines of their ledger, as they happen:
 *
 *   node examples/watch.mjs <access token> [ws://localhost:4000/graphql]
 *
 * Each event carries a cursor. After a lost connection the subscription goes on behind the last one, so that nothing
 * is missed and nothing comes twice, however long the client was away.
 */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const [token, url = 'ws://localhost:4000/graphql'] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  lazyCloseTimeout: 1_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  // 4403: the token is no good, or no longer. Everything else passes, such as a restart of the server.
  shouldRetry: ({ code }) => code !== 4403,
  on: { closed: ({ code, reason }) => console.log(`Connection closed: ${code} ${reason}`) },
});

run({ query: '{ liveCursor viewer { user { username } } }' }, ({ liveCursor, viewer }) => {
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
    error: (problem) => console.error('It has ended:', problem.reason ?? problem),
    complete: () => undefined,
  });
}
