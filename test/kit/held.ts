import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import type { Site } from './site.ts';

/** Keeps workers from writing what events change while `work` runs; reads go on. */
export function whileNothingIsApplied<T>(site: Site, work: () => Promise<T>): Promise<T> {
  return site.database().then((database) =>
    transaction(database, async (tx) => {
      await tx.query(holdProgress);
      return work();
    }),
  );
}

/** Keeps everybody from reading which events are waiting while `work` runs. */
export function whileEventsAreLocked<T>(site: Site, work: () => Promise<T>): Promise<T> {
  return site.database().then((database) =>
    transaction(database, async (tx) => {
      await tx.query(holdEvents);
      return work();
    }),
  );
}

const holdProgress = statement('test.hold_progress', 'lock table quest_progress in share mode');
const holdEvents = statement('test.hold_events', 'lock table recorded_event in access exclusive mode');
