import { parseJson } from './json.ts';
import { isPersisted } from './known-documents.ts';

/** What a message is while its text is given to graphql-ws; it begins to parse before it returns. */
let incoming: string | undefined;

/** JSON, like the messages that it stands in for. */
const standIn = '0';

/**
 * Has a message handled. graphql-ws keeps what it is given as long as the subscription that the message began, so it is
 * given a stand-in, and its parser the text.
 */
export function handleText<T>(text: string, handle: (message: string) => T): T {
  incoming = text;
  try {
    return handle(standIn);
  } finally {
    incoming = undefined;
  }
}

/** For `JSON.parse`: puts what the text says in the place of its stand-in. */
export function reviveIncoming(_key: string, value: unknown): unknown {
  return incoming === undefined ? value : withQuery(parseJson(incoming));
}

/** graphql-ws takes no operation without a text, such as one that is named by its hash alone; it takes an empty one. */
function withQuery(message: unknown): unknown {
  if (!isRecord(message) || message.type !== 'subscribe' || !isRecord(message.payload)) return message;
  const { query, extensions } = message.payload;
  if ((query === undefined || query === null) && isPersisted(extensions)) message.payload.query = '';
  return message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Takes out of an object what nobody asks for any more, where graphql-ws goes on keeping the object. */
export function clear(kept: object): void {
  for (const name of Object.keys(kept)) Reflect.deleteProperty(kept, name);
}
