/** The minimum: a message from Redis is sent to each socket as the same string. */
import { createServer } from 'node:http';
import process from 'node:process';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
// The ready check is an INFO, which fails if a SUBSCRIBE is sent before its answer.
const redis = new Redis(process.env.REDIS_URL ?? '', { enableReadyCheck: false });
redis.on('message', (_channel, message) => {
  for (const socket of sockets.clients) socket.send(message);
});
await redis.subscribe('bare');
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') console.log(`ready at ws://127.0.0.1:${address.port}`);
});
