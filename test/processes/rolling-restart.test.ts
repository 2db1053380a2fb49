import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { LiveCursorDocument, PostChangedDocument } from '../generated/operations.ts';
import { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { Seed } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { present } from '../kit/unique.ts';
import { Audience, committedEvents } from './audience.ts';
import { Instance } from './fleet.ts';
import { type Balancer, Writer } from './writer.ts';

test('instances that are restarted one after the other under load lose no event and no answer', async () => {
  const site = await createSite();
  const start = () => Instance.start(site, { STOP_GRACE: '500ms', LOG_LEVEL: 'fatal' });
  const instances = await Promise.all([start(), start()]);
  const next = roundRobin(instances);
  const nobody = new Client(next());
  const seed = new Seed(nobody, site);
  const people = await Promise.all(Array.from({ length: 20 }, () => seed.user()));
  const { liveCursor } = await nobody.run(LiveCursorDocument);

  const audience = new Audience(next);
  for (const { id } of people) {
    const authorId = parseId(id).uuid;
    audience.join({ document: PostChangedDocument, wants: () => true }, liveCursor);
    audience.join(
      {
        document: PostChangedDocument,
        variables: { authorId: id },
        wants: (event) => event.authorId === authorId,
      },
      liveCursor,
    );
  }
  await eventually(() => audience.size === 40);
  const writers = people.map((person) => new Writer(person, next));
  const written = () => writers.flatMap((writer) => writer.written);
  const goOn = async () => {
    const goal = written().length + 100;
    await eventually(() => written().length >= goal);
  };
  let over = false;
  const load = writers.map(async (writer) => {
    while (!over) {
      await writer.writeOnce();
      await delay(100 * Math.random());
    }
  });
  for (const instance of instances) {
    await goOn();
    expect(await instance.stop()).toBe(0);
    await goOn();
    await instance.restart();
  }
  await goOn();
  over = true;
  await Promise.all(load);
  // Each author's last event reveals any event that was lost before.
  await Promise.all(writers.map((writer) => writer.turn()));
  await site.settled();

  expect(audience.ends).toEqual([]);
  expect(await audience.shortcomings(await committedEvents(site))).toEqual([]);
  expect(new Set(audience.closings)).toEqual(new Set([1012]));
  expect(writers.flatMap(({ failures }) => failures)).toEqual([]);
  const posts = await site.sql<{ title: string }>('select title from post where title = any($1)', written());
  expect(posts.map(({ title }) => title).toSorted()).toEqual(written().toSorted());
}, 180_000);

/** A client that is refused retries, and reaches the next instance. */
function roundRobin(instances: readonly Instance[]): Balancer {
  let turn = 0;
  return () => present(instances[turn++ % instances.length]).url;
}
