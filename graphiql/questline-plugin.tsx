import type { GraphiQLPlugin } from '@graphiql/react';
import { AccountCard } from './account.tsx';
import { ExampleList } from './example-list.tsx';
import { FeedList } from './feed-list.tsx';

/** The panel beside the editor: who is signed in, what happens to them, and examples to try. */
export const questlinePlugin: GraphiQLPlugin = { title: 'Questline', icon: QuestlineIcon, content: Panel };

function Panel() {
  return (
    <div className="questline">
      <AccountCard />
      <FeedList />
      <ExampleList />
    </div>
  );
}

export function QuestlineIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round">
      <title>Questline</title>
      <path d="M5 21V4" strokeLinecap="round" />
      <path d="M5 4.5c4-2.4 7 2.2 14 0l-2.6 4.6L19 14c-7 2.2-10-2.4-14 0z" />
    </svg>
  );
}
