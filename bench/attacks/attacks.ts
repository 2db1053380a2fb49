import { longAnswers, unseenTexts } from './answers.ts';
import type { Attack } from './attack.ts';
import { halfOpen, strangeUpgrades } from './connections.ts';
import { abusiveDocuments, brackets, comments, fragments, introspection, overlaps } from './documents.ts';
import { emptyWallet, lateEvents } from './domain.ts';
import { deepVariables, didYouMean, unknownKeys, wrongVariables } from './inputs.ts';
import { differentLives, farLives, longLives, oldCursors } from './lives.ts';
import { inFlight, signIns } from './queues.ts';

/** All attacks, by name. */
export const attacks: Readonly<Record<string, Attack>> = {
  upgrades: strangeUpgrades,
  'did-you-mean': didYouMean,
  'unknown-keys': unknownKeys,
  'wrong-variables': wrongVariables,
  'deep-variables': deepVariables,
  'empty-wallet': emptyWallet,
  'late-events': lateEvents,
  'long-answers': longAnswers,
  'unseen-texts': unseenTexts,
  'different-lives': differentLives,
  'far-lives': farLives,
  'old-cursors': oldCursors,
  'long-lives': longLives,
  comments,
  'in-flight': inFlight,
  'sign-ins': signIns,
  'half-open': halfOpen,
  brackets,
  fragments,
  overlaps,
  introspection,
  'abusive-documents': abusiveDocuments,
};
