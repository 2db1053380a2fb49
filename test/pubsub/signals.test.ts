import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSignals } from '../../src/database/signals.ts';
import { statement } from '../../src/database/statement.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import { type Instance, openInstance, recordingLog, until } from './live-setup.ts';

const hour = 3_600_000;

let home: TestDatabase;
let opened: AsyncDisposableStack;

beforeEach(async () => {
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
});
afterEach(() => opened.disposeAsync());

async function open(): Promise<Instance> {
  return opened.use(await openInstance(home.url, { pollMs: hour }));
}

const countListening = statement<{ count: number }>(
  'test.signals.listening',
  `select count(*) from pg_stat_activity
   where datname = current_database() and state = 'idle' and query like $1`,
);

/** Waits until PostgreSQL has answered this command on `connections` connections. */
async function answered({ database }: Instance, command: string, connections: number): Promise<void> {
  await until(async () => {
    const [row] = await database.query(countListening, [`%${command}`]);
    return row?.count === connections;
  });
}

/** Counts the signals that are heard. */
function hear({ signals }: Instance, channel: string) {
  const heard = { count: 0 };
  const stop = signals.listen(channel, () => {
    heard.count++;
  });
  return { heard, stop };
}

test('it wakes its own process at once, others soon, and itself not a second time', async () => {
  const [here, there] = [await open(), await open()];
  const own = hear(here, 'bell');
  const others = hear(there, 'bell');
  await answered(here, 'listen "bell"', 2);
  const answer = hear(here, 'drum');
  await answered(here, 'listen "drum"', 1);
  const before = { own: own.heard.count, others: others.heard.count, answer: answer.heard.count };
  here.signals.notify('bell');
  expect(own.heard.count).toBe(before.own + 1);
  await until(() => others.heard.count > before.others);
  // PostgreSQL delivers in commit order: its own bell would have come before the answer.
  there.signals.notify('drum');
  await until(() => answer.heard.count > before.answer);
  expect(own.heard.count).toBe(before.own + 1);
});

test('many at once are one NOTIFY, and one more for those that came after it', async () => {
  const here = await open();
  here.statements.length = 0;
  for (let times = 0; times < 1_000; times++) here.signals.notify('bell');
  const sent = () => here.statements.filter((name) => name === 'signals.notify').length;
  expect(sent()).toBe(1);
  await until(() => sent() === 2);
  here.signals.notify('drum');
  expect(sent()).toBe(3);
});

test('who has stopped listening hears nothing; the last one takes the channel along', async () => {
  const [here, there] = [await open(), await open()];
  const first = hear(there, 'bell');
  const second = hear(there, 'bell');
  await answered(here, ' "bell"', 1);
  first.stop();
  first.stop();
  const before = first.heard.count;
  const heard = second.heard.count;
  here.signals.notify('bell');
  await until(() => second.heard.count > heard);
  expect(first.heard.count).toBe(before);
  second.stop();
  await answered(here, 'unlisten "bell"', 1);
});

test('it keeps trying while PostgreSQL is away, says so once, and can be closed meanwhile', async () => {
  const { database } = await open();
  const { log, lines } = recordingLog();
  let attempts = 0;
  const connect = async () => {
    attempts++;
    throw new Error('gone');
  };
  const signals = openSignals({ database: { query: database.query, connect }, log });
  await until(() => attempts >= 3);
  await signals.close();
  expect(lines.filter(({ level }) => level >= 40)).toHaveLength(1);
  const last = attempts;
  signals.notify('bell');
  expect(attempts).toBe(last);
});

test('a channel to which PostgreSQL does not listen is asked for again on the same connection, and told of once', async () => {
  const { database, signals } = await open();
  const { log, lines } = recordingLog();
  let [refusals, connections] = [0, 0];
  const refusing = {
    query: database.query,
    async connect() {
      connections++;
      return new Proxy(await database.connect(), {
        get(client, name) {
          const value = Reflect.get(client, name, client);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            const isListen = JSON.stringify(args[0])?.includes('listen \\"bell\\"');
            if (isListen && refusals++ < 3) return Promise.reject(new Error('Not now.'));
            return Reflect.apply(value, client, args);
          };
        },
      });
    },
  };
  const there = openSignals({ database: refusing, log });
  opened.defer(() => there.close());
  let heard = 0;
  there.listen('bell', () => heard++);
  await until(() => refusals > 3 && heard > 0);
  const before = heard;
  signals.notify('bell');
  await until(() => heard > before);
  expect([connections, lines.map(({ msg }) => msg)]).toEqual([1, ['PostgreSQL refused to listen']]);
});
