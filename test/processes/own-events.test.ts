import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { RecordEventsDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Client } from '../kit/client.ts';
import { extent } from '../kit/extent.ts';
import { type Person, Seed } from '../kit/seed.ts';
import { startProcess } from '../kit/server-process.ts';
import { present, unique } from '../kit/unique.ts';

const people = 2;
const reads = extent({ short: 250, long: 1_000 });
/** The most time for the reads, in ms; a busy machine manages fewer of them. */
const longest = extent({ short: 20_000, long: 600_000 });
/** A read that took longer than this, in ms, may have run out of time. */
const timeIsUp = 499;

const query = `{
  viewer {
    wallet { gold entries { totalCount } }
    completions { totalCount }
    unreadNotificationCount
    notifications { totalCount }
  }
}`;

interface Standing {
  readonly wallet: { readonly gold: number; readonly entries: { readonly totalCount: number } };
  readonly completions: { readonly totalCount: number };
  readonly unreadNotificationCount: number;
  readonly notifications: { readonly totalCount: number };
}

test(
  `${reads} times, whoever does something and reads at once elsewhere sees what came of it`,
  async () => {
    const here = await startApp();
    const there = await startProcess(here.site, { ROLE: 'api' });
    const { seed, site } = here;
    const [reported, reward] = [unique('test.'), await seed.reward({ currency: 'GOLD', amount: 10 })];
    for (const eventType of [reported, 'post.created', 'product.purchased']) {
      const fields = {
        eventType,
        selfReported: eventType === reported,
        maxCompletions: null,
        autoClaim: true,
      };
      await seed.quest({ ...fields, rewards: [{ rewardId: reward.id }] });
    }
    const product = await seed.product({ price: { currency: 'GOLD', amount: 3 } });
    const everybody = await Promise.all(Array.from({ length: people }, () => seed.user().withGold(100)));
    await site.settled();

    const [one, other] = [here.url, there.url].map((url) => ({ url, seed: new Seed(new Client(url), site) }));
    const act = async (url: string, at: Seed, person: Person, time: number) => {
      const client = new Client(url).as(person);
      const input = { events: [happened(reported)], applyWithin: 0 };
      if (time % 3 === 0) await at.post({ client });
      else if (time % 3 === 1) await at.purchase({ client }, product);
      else await client.mutate(RecordEventsDocument, { input });
    };
    const stale: object[] = [];
    let fresh = 0;
    let late = 0;
    const end = performance.now() + longest;

    /**
     * Performs one action after another, alternating between the processes, and reads at the other process each time.
     */
    async function live(person: Person): Promise<void> {
      const before = await standingAt(here.url, person);
      for (let time = 1; time <= reads / people && performance.now() < end; time++) {
        const [writes, readsFrom] = time % 2 === 0 ? [one, other] : [other, one];
        await act(present(writes).url, present(writes).seed, person, time);
        const began = performance.now();
        const read = await standingAt(present(readsFrom).url, person);
        const ms = performance.now() - began;
        const expected = after(before, time);
        if (JSON.stringify(read) === JSON.stringify(expected)) fresh++;
        else if (ms < timeIsUp) stale.push({ time, ms, read, expected });
        else {
          late++;
          await site.settled();
        }
      }
    }

    await Promise.all(everybody.map(live));
    console.log(
      `${fresh} reads were fresh, ${late} had waited as long as they may, ${stale.length} were stale.`,
    );
    expect(stale).toEqual([]);
    expect(fresh).toBeGreaterThan(late);
  },
  longest + 80_000,
);

async function standingAt(url: string, person: Person): Promise<Standing> {
  const { body } = await new Client(url).as(person).post<{ viewer: Standing }>({ query });
  return present(body.data).viewer;
}

const happened = (eventType: string) => ({
  eventId: randomUUID(),
  eventType,
  timestamp: new Date().toISOString(),
});

/**
 * Each completion pays 10 gold and sends two notifications, one for its reward; each purchase costs 3 and sends one.
 */
function after({ wallet, ...before }: Standing, done: number): Standing {
  const purchases = Math.ceil(done / 3);
  const told = 2 * done + purchases;
  return {
    wallet: {
      gold: wallet.gold + 10 * done - 3 * purchases,
      entries: { totalCount: wallet.entries.totalCount + done + purchases },
    },
    completions: { totalCount: done },
    unreadNotificationCount: before.unreadNotificationCount + told,
    notifications: { totalCount: before.notifications.totalCount + told },
  };
}
