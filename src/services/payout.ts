import type { Transaction } from '../database/transaction.ts';
import { toId } from '../domain/ids.ts';
import { amountsOf, inWords } from '../domain/money.ts';
import { Refusal } from '../domain/refusal.ts';
import type { QuestCompletion } from '../entities/quest-completion.entity.ts';
import { type Ledger, type Movement, type Posting, systemWallets } from './ledger.ts';
import type { NewNotification, Notifier } from './notifier.ts';
import type { OwnEvent, Recorder } from './recorder.ts';
import { completionIsRecorded } from './rules/built-in-events.ts';

/** A completion that is being claimed, with the rewards that were frozen in it. */
export interface ClaimedCompletion
  extends Readonly<Pick<QuestCompletion, 'accountId' | 'questId' | 'gold' | 'diamond'>> {
  readonly completionId: string;
  readonly questName: string;
  readonly questEventType: string;
}

export interface PayoutOptions {
  readonly ledger: Ledger;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
}

/** Pays claims, whether a person makes them or the quest claims automatically. */
export class Payout {
  readonly #options: PayoutOptions;

  constructor(options: PayoutOptions) {
    this.#options = options;
  }

  /**
   * Pays claimed completions, all or none, with entries, notifications and `reward.claimed`. One without rewards has no
   * entries and no notification.
   * @returns the entries, or the ledger's refusal
   */
  async pay(
    tx: Transaction,
    completions: readonly ClaimedCompletion[],
  ): Promise<readonly Posting[] | Refusal> {
    const { ledger, notifier, recorder } = this.#options;
    const posted = await ledger.post(tx, completions.flatMap(movementsOf));
    if (posted instanceof Refusal) return posted;
    notifier.notify(tx, ...completions.flatMap(notificationsOf));
    recorder.recordOwn(tx, ...completions.flatMap(eventsOf));
    return posted;
  }
}

function movementsOf(completion: ClaimedCompletion): Movement[] {
  const { accountId, completionId } = completion;
  return amountsOf(completion).map(({ currency, amount }) => ({
    accountId,
    against: systemWallets.rewards,
    currency,
    amount,
    reason: 'QUEST_REWARD',
    sourceId: completionId,
    note: null,
  }));
}

function notificationsOf(completion: ClaimedCompletion): NewNotification[] {
  const { accountId, completionId, questName } = completion;
  const amounts = amountsOf(completion);
  if (amounts.length === 0) return [];
  const body = `You got ${inWords(amounts)} for “${questName}”.`;
  const subject = { type: 'completion', uuid: completionId } as const;
  return [{ accountId, kind: 'REWARD_GRANTED', title: 'Reward granted', body, subject }];
}

function eventsOf({ accountId, questId, questEventType }: ClaimedCompletion): OwnEvent[] {
  if (!completionIsRecorded(questEventType)) return [];
  return [{ accountId, eventType: 'reward.claimed', data: { questId: toId('quest', questId) } }];
}
