import type {
  NotificationReceivedSubscription,
  QuestCompletedSubscription,
  WalletChangedSubscription,
} from '../generated/operations.ts';
import type { Marker } from './live.ts';
import type { Person, Seed } from './seed.ts';

const gift = { currency: 'GOLD', amount: 1 } as const;

/** A gift is the next entry of the person's ledger. */
export function walletMarker(seed: Seed, person: Person): Marker<WalletChangedSubscription> {
  return {
    cause: async () => (await seed.give(person, gift)).id,
    keyOf: ({ walletChanged }) => walletChanged.entry.id,
  };
}

/** A gift is the person's next notification. */
export function notificationMarker(seed: Seed, person: Person): Marker<NotificationReceivedSubscription> {
  return {
    cause: async () => (await seed.give(person, gift)).id,
    keyOf: ({ notificationReceived }) => notificationReceived.notification.subject?.id,
  };
}

/** A new quest for this purpose is the person's next completion. */
export function completionMarker(seed: Seed, person: Person): Marker<QuestCompletedSubscription> {
  return {
    async cause() {
      const quest = await seed.quest();
      await seed.event(person, quest.eventType);
      return quest.id;
    },
    keyOf: ({ questCompleted }) => questCompleted.completion.quest.id,
  };
}
