/** graphql-ws and graphql-redis-subscriptions as documented: one execution for each subscriber. */
import { createServer } from 'node:http';
import process from 'node:process';
import { buildSchema } from 'graphql';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const schema = buildSchema(`
  type Author { username: String! }
  type Post { id: ID! title: String! body: String! author: Author! }
  type PostEvent { cursor: String! action: String! post: Post }
  type Query { hello: String }
  type Subscription { postChanged: PostEvent! }
`);
const url = process.env.REDIS_URL ?? '';
const pubsub = new RedisPubSub({
  publisher: new Redis(url),
  subscriber: new Redis(url, { enableReadyCheck: false }),
});
const roots = {
  subscription: { postChanged: () => pubsub.asyncIterableIterator('stock') },
};
const server = createServer();
useServer({ schema, roots }, new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false }));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object')
    console.log(`ready at ws://127.0.0.1:${address.port}/graphql`);
});
