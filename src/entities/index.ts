import { Account, RetiredUsername } from './account.entity.ts';
import { AuditEvent, AuditOrigin } from './audit-event.entity.ts';
import { Collection, CollectionPost } from './collection.entity.ts';
import { DeadLetter } from './dead-letter.entity.ts';
import { IdempotencyKey } from './idempotency-key.entity.ts';
import { Identity } from './identity.entity.ts';
import { KnownAddress } from './known-address.entity.ts';
import { LedgerEntry } from './ledger-entry.entity.ts';
import { LiveCommit, LiveEvent, LivePosition } from './live-event.entity.ts';
import { Notification } from './notification.entity.ts';
import { Post } from './post.entity.ts';
import { Product } from './product.entity.ts';
import { Purchase } from './purchase.entity.ts';
import { Quest, QuestPrerequisite, QuestReward } from './quest.entity.ts';
import { QuestCompletion } from './quest-completion.entity.ts';
import { QuestProgress, QuestProgressEvent } from './quest-progress.entity.ts';
import { RecordedEvent } from './recorded-event.entity.ts';
import { Reward } from './reward.entity.ts';
import { RefreshToken, Session } from './session.entity.ts';
import { OneTimeCode, SignInFlow } from './sign-in-flow.entity.ts';
import { Wallet } from './wallet.entity.ts';

/** The entity classes of all tables, for MikroORM. */
export const entities = [
  Account,
  RetiredUsername,
  Session,
  RefreshToken,
  KnownAddress,
  Identity,
  SignInFlow,
  OneTimeCode,
  AuditEvent,
  AuditOrigin,
  IdempotencyKey,
  Reward,
  Quest,
  QuestReward,
  QuestPrerequisite,
  RecordedEvent,
  DeadLetter,
  QuestProgress,
  QuestProgressEvent,
  QuestCompletion,
  Product,
  Purchase,
  Wallet,
  LedgerEntry,
  Post,
  Collection,
  CollectionPost,
  Notification,
  LiveCommit,
  LiveEvent,
  LivePosition,
];
