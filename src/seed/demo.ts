import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { Refusal } from '../domain/refusal.ts';
import { Quest, QuestPrerequisite, QuestReward } from '../entities/quest.entity.ts';
import { Reward } from '../entities/reward.entity.ts';
import { createAccount } from '../services/account.service.ts';
import type { Services } from '../services/services.ts';
import { demoPassword, demoPeople, demoQuests, demoRewards } from './demo-data.ts';
import { writeCommunity } from './write-community.ts';
import { movePictures, writeShop } from './write-shop.ts';

export interface DemoOptions {
  readonly passwords: Services['passwords'];
  /** The URL of the server that serves the pictures: `http://host:port`, or the PUBLIC_URL. */
  readonly baseUrl: string;
}

/**
 * Writes the demo data if there are no accounts yet, in one transaction. Several processes that start at once write it
 * only once.
 * @returns whether this call wrote it
 */
export async function seedDemo(database: Database, { passwords, baseUrl }: DemoOptions): Promise<boolean> {
  if ((await database.query(anybody)).length > 0) return false;
  const passwordHash = await passwords.hash(demoPassword);
  return transaction(database, async (tx) => {
    await tx.query(seedLock);
    if ((await tx.query(anybody)).length > 0) return false;
    for (const person of demoPeople) {
      const created = await createAccount(tx, { ...person, passwordHash, timeZone: 'UTC' });
      if (created instanceof Refusal)
        throw new Error(`The demo account ${person.username} could not be made.`);
    }
    const now = new Date();
    await createCatalog(tx);
    await writeShop(tx, baseUrl, now);
    await writeCommunity(tx, { passwordHash, now });
    return true;
  });
}

/** The demo data of a server, which serves its pictures and is not ready before it is written. */
export class DemoData {
  #written = false;
  readonly #database: Database;
  readonly #passwords: Services['passwords'];

  constructor(database: Database, passwords: Services['passwords']) {
    this.#database = database;
    this.#passwords = passwords;
  }

  /** @returns whether this call wrote it */
  async write(baseUrl: string): Promise<boolean> {
    const made = await seedDemo(this.#database, { passwords: this.#passwords, baseUrl });
    if (!made) await movePictures(this.#database, baseUrl);
    this.#written = true;
    return made;
  }

  /** @throws Error until the data is written */
  async check(): Promise<void> {
    if (!this.#written) throw new Error('The demo data are being written.');
  }
}

async function createCatalog({ em }: Transaction): Promise<void> {
  const rewards = new Map(
    demoRewards.map(({ key, name, currency, amount }) => [
      key,
      em.create(Reward, { name, currency, amount }),
    ]),
  );
  await em.flush();
  const quests = new Map<string, Quest>();
  for (const { key, rewards: _rewards, after: _after, ...fields } of demoQuests) {
    const { eventMatch = null, maxCompletions = 1 } = fields;
    quests.set(key, em.create(Quest, { ...fields, eventMatch, maxCompletions }));
    // One at a time, because the list is ordered by time, and rows of one statement have the same time.
    await em.flush();
  }
  for (const { key, rewards: keys, after = [] } of demoQuests) {
    const questId = idIn(quests, key);
    keys.forEach((reward, position) => {
      em.create(QuestReward, { questId, rewardId: idIn(rewards, reward), position });
    });
    after.forEach((earlier, position) => {
      em.create(QuestPrerequisite, { questId, prerequisiteId: idIn(quests, earlier), position });
    });
  }
  await em.flush();
}

function idIn(records: ReadonlyMap<string, { id: string }>, key: string): string {
  const record = records.get(key);
  if (record === undefined) throw new Error(`The demo data name nothing ${key}.`);
  return record.id;
}

const anybody = statement('seed.anybody', 'select from account limit 1');
const seedLock = statement(
  'seed.lock',
  `select pg_advisory_xact_lock(hashtextextended('questline.seed', 0))`,
);
