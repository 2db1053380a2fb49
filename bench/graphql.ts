/** The data of an answer. @throws Error with the answer, if it has errors */
export async function ask<Data>(
  url: string,
  query: string,
  { variables, token }: { variables?: object; token?: string } = {},
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const answer: { readonly data: Data; readonly errors?: unknown } = JSON.parse(await response.text());
  if (answer.errors || JSON.stringify(answer).includes('"userErrors":[{')) {
    throw new Error(`${query} failed: ${JSON.stringify(answer)}`);
  }
  return answer.data;
}

export interface Arrival<Data> {
  readonly data: Data;
  /** When its frame arrived, by `performance.now()`. */
  readonly at: number;
}

export interface Subscription<Data> {
  /** The next event; each is returned once. */
  next(): Promise<Arrival<Data>>;
  close(): void;
}

/**
 * Subscribes over the graphql-transport-ws protocol, on a plain socket, so that no client library adds time.
 * @param operation a single subscription
 */
export async function subscribe<Data>(
  url: string,
  token: string,
  operation: { readonly query: string; readonly variables?: object },
): Promise<Subscription<Data>> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const arrivals: Arrival<Data>[] = [];
  const acknowledged = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  let wake: () => void = () => undefined;
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  socket.onclose = ({ code, reason }) => lost.reject(new Error(`The socket was closed: ${code} ${reason}`));
  socket.onmessage = ({ data }) => {
    const at = performance.now();
    const { type, payload } = JSON.parse(String(data));
    if (type === 'connection_ack') acknowledged.resolve();
    else if (type === 'next' && payload.errors === undefined) arrivals.push({ data: payload.data, at });
    else lost.reject(new Error(`An unexpected message came: ${data}`));
    wake();
  };
  await Promise.race([acknowledged.promise, lost.promise]);
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }));
  return {
    async next() {
      for (;;) {
        const arrival = arrivals.shift();
        if (arrival !== undefined) return arrival;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await Promise.race([promise, lost.promise]);
      }
    },
    close: () => socket.close(),
  };
}
