import type { Client } from 'graphql-ws';
import {
  Environment,
  type FetchFunction,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';
import type { Session } from '../../examples/session.ts';

export function createRelay(url: string, session: Session, live: Client): Environment {
  const execute: FetchFunction = async ({ name, text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await session.token()}` },
      body: JSON.stringify({ operationName: name, query: text, variables }),
    });
    return JSON.parse(await response.text());
  };
  const subscribe: SubscribeFunction = ({ name, text }, variables) =>
    Observable.create((sink) =>
      live.subscribe(
        { operationName: name, query: text ?? '', variables },
        // To TypeScript the answers of the two libraries are not the same.
        { ...sink, next: (answer) => sink.next(Object(answer)) },
      ),
    );
  return new Environment({
    network: Network.create(execute, subscribe),
    store: new Store(new RecordSource()),
  });
}
