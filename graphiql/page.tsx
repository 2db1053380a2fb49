import './workers.ts';
import 'graphiql/graphiql.css';
import '@graphiql/react/style.css';
import '@graphiql/react/font/fira-code.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import './page.css';
import './layout.css';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { SignedInAs } from './account.tsx';
import { exampleNamed } from './example-groups.ts';
import { fetcher } from './fetcher.ts';
import { questlinePlugin } from './questline-plugin.tsx';
import { divideRoom, storage } from './storage.ts';
import { FollowSystemTheme } from './theme.tsx';
import welcome from './welcome.graphql';
import { WrapLines } from './wrap-lines.tsx';

const plugins = [questlinePlugin, HISTORY_PLUGIN];
const firstTabs = [
  { query: welcome },
  { query: exampleNamed('viewer-with-wallet').source },
  { query: exampleNamed('quests-with-progress').source },
];

function Page() {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      visiblePlugin={questlinePlugin}
      defaultTabs={firstTabs}
      defaultEditorToolsVisibility="variables"
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <SignedInAs />
      </GraphiQL.Logo>
      <FollowSystemTheme />
      <WrapLines />
    </GraphiQL>
  );
}

/** Monaco measures its font only once, so the font has to be loaded first. */
async function start(): Promise<void> {
  await document.fonts.load('15px "Fira Code"');
  const room = document.getElementById('page');
  if (!room) throw new Error('index.html has no room for the page.');
  divideRoom();
  createRoot(room).render(<Page />);
}

void start();
