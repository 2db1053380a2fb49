import process from 'node:process';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { expectSoundLedger } from '../api/ledger.ts';
import { startApp } from '../kit/app.ts';
import { startProcess } from '../kit/server-process.ts';
import type { StageOptions } from './cast.ts';
import { type Command, command, stepsOf } from './commands.ts';
import { worldsAfter } from './linearize.ts';
import { Stage } from './stage.ts';
import { at, newWorld, type World } from './world.ts';

/** Set for `npm run test:model`; a printed seed repeats a run. */
const runs = Number(process.env.MODEL_RUNS ?? 40);
const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const commandsOfRun = 30;
/** Runs in parallel: each has its own world, all at one installation. */
const lanes = 4;

const app = await startApp();
const other = await startProcess(app.site);
const stage: StageOptions = { site: app.site, seed: app.seed, urls: [app.url, other.url] };

afterAll(() => console.log(`${runs} runs of the model, seed ${seed}`));

const batches = fc
  .tuple(
    fc.array(command, { minLength: commandsOfRun, maxLength: commandsOfRun }),
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: commandsOfRun, maxLength: commandsOfRun }),
  )
  .map(([commands, lengths]) => inBatches(commands, lengths));

test.concurrent.each(Array.from({ length: lanes }, (_, lane) => lane))(
  `what several people do at once is what the model allows (lane %i)`,
  { timeout: 60_000 + runs * 5_000 },
  async (lane) => {
    const numRuns = Math.ceil(runs / lanes);
    await fc.assert(fc.asyncProperty(batches, play), { numRuns, seed: seed + lane, endOnFailure: true });
  },
);

/** @throws Error if the model does not allow what was seen */
async function play(all: readonly Command[][]): Promise<void> {
  let worlds: World[] = [newWorld()];
  const real = await Stage.open(stage, newWorld());
  const history: string[] = [];
  for (const batch of all) {
    const shown = at(worlds, 0);
    const outcomes = await Promise.all(batch.map((one) => real.perform(one, shown)));
    await real.settle(batch);
    history.push(...batch.map((one, index) => `${JSON.stringify(one)} → ${outcomes[index]}`), '');
    const steps = batch.map((one) => stepsOf(one, shown));
    worlds = distinct(worlds.flatMap((world) => worldsAfter(world, steps, outcomes)));
    if (worlds.length === 0)
      throw new Error(`No order of the last batch explains it:\n${history.join('\n')}`);
    for (const { people } of worlds) for (const person of people) person.isStale = false;
  }
  const observed = JSON.stringify(await real.observe());
  const possible = worlds.map((world) => JSON.stringify(visible(world)));
  if (!possible.includes(observed))
    throw new Error(
      `${history.join('\n')}\nIn the end there is\n${observed}\nand not one of\n${possible.join('\n')}`,
    );
}

function inBatches(commands: readonly Command[], lengths: readonly number[]): Command[][] {
  const made: Command[][] = [];
  for (let next = 0; next < commands.length; ) {
    const length = at(lengths, made.length);
    made.push(commands.slice(next, next + length));
    next += length;
  }
  return made;
}

function distinct(worlds: readonly World[]): World[] {
  return [...new Map(worlds.map((world) => [JSON.stringify(world), world])).values()];
}

/** The world in the form of `Stage.observe`. */
function visible({ people, products, quests }: World) {
  return {
    people: people.map(({ gold, role }) => ({ gold, role })),
    products: products.map(({ price, stock, isActive, version }) => ({ price, stock, isActive, version })),
    quests: quests.map(({ isArchived, version }) => ({ isArchived, version })),
    completions: people.flatMap(({ completions }, person) =>
      completions.flatMap((claims, quest) =>
        claims.map((isClaimed, ordinal) => ({ person, quest, ordinal, isClaimed })),
      ),
    ),
  };
}

afterAll(async () => {
  const { site } = app;
  await site.settled();
  await expectSoundLedger(site);
  const broken = {
    negative: await site.sql('select from wallet where account_id is not null and (gold < 0 or diamond < 0)'),
    unsent: await site.sql('select from live_event where seq is null'),
    failed: await site.sql('select from recorded_event where failed_at is not null'),
    slotsTwice: await site.sql(
      'select from quest_completion group by quest_id, account_id, ordinal having count(*) > 1',
    ),
    keysTwice: await site.sql('select from idempotency_key group by account_id, key having count(*) > 1'),
    overfull: await site.sql(
      `select from quest_completion c join quest q on q.id = c.quest_id
       group by q.id, c.account_id having count(*) > q.max_completions`,
    ),
  };
  expect(broken).toEqual({
    negative: [],
    unsent: [],
    failed: [],
    slotsTwice: [],
    keysTwice: [],
    overfull: [],
  });
});
