import { useEffect } from 'react';
import { feed, followAccount } from './feed.ts';
import type { FeedItem } from './feed-items.ts';
import { type Connection, connection } from './live.ts';
import { session } from './session.ts';
import { useWatched } from './state.ts';
import { useOpenExample } from './use-open-example.ts';

const standing: Record<Connection, string> = {
  closed: 'not connected',
  connecting: 'connecting…',
  open: 'connected',
  restarting: 'the server is restarting; reconnecting…',
  busy: 'the server is overloaded; reconnecting…',
  expired: 'the token has expired; reconnecting with a new one…',
  lost: 'connection lost; reconnecting…',
  unreachable: 'the server cannot be reached; trying again…',
};

/** What happens to the signed-in account, live; nothing if nobody is signed in. */
export function FeedList() {
  const present = useWatched(session);
  const items = useWatched(feed);
  const state = useWatched(connection);
  const userId = present?.account.userId;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a renewed token is no reason to subscribe anew
  useEffect(() => (present ? followAccount(present) : undefined), [userId]);

  if (!present) return null;
  return (
    <section aria-label="Live events">
      <h2>
        Live <span className="questline-connection" data-state={state} title={standing[state]} />
        <small>{standing[state]}</small>
      </h2>
      {items.length === 0 && <p className="questline-hint">Whatever happens to this account appears here.</p>}
      <ol className="questline-feed" aria-live="polite">
        {items.map((item) => (
          <FeedLine key={item.key} item={item} />
        ))}
      </ol>
    </section>
  );
}

function FeedLine({ item }: { item: FeedItem }) {
  const openExample = useOpenExample();
  const { claimable, folded } = item;
  const head = (
    <>
      <strong>{item.title}</strong>
      <small>
        {item.detail && `${item.detail} · `}
        <time dateTime={item.at} title={item.at}>
          {new Date(item.at).toLocaleTimeString()}
        </time>
      </small>
    </>
  );
  return (
    <li data-kind={item.kind}>
      {folded.length > 1 ? (
        <details>
          <summary>{head}</summary>
          {folded.map(({ key, text }) => (
            <small key={key}>{text}</small>
          ))}
        </details>
      ) : (
        <span>{head}</span>
      )}
      {claimable && (
        <button type="button" onClick={() => openExample('claim-reward', { completionId: claimable })}>
          Claim
        </button>
      )}
    </li>
  );
}
