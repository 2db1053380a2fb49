import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { transaction } from '../../src/database/transaction.ts';
import { maxAttempts } from '../../src/pipeline/retry.ts';
import { holdProgress, Stage } from './stage.ts';
import { must, newType, refusalOf, until } from './vocabulary.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  // The people whose events are poison, with the data by which those are recognised.
  await stage.sql(`create table poison (account_id uuid not null, data jsonb not null)`);
  await stage.sql(`create function refuse_poison() returns trigger language plpgsql as $$ begin
    if exists (select from poison where account_id = new.account_id and new.data @> poison.data) then
      raise exception '%', repeat('poison ', 500);
    end if;
    return null;
  end $$`);
  await stage.sql(`create trigger refuse_poison after update on recorded_event for each row
    when (old.applied_at is null and new.applied_at is not null) execute function refuse_poison()`);
});
afterAll(() => stage[Symbol.asyncDispose]());
afterEach(async () => expect(await stage.imbalances()).toEqual([]));

/** A quest that pays one gold for each event. */
async function payingType() {
  const eventType = newType();
  const rewards = [{ rewardId: await stage.reward('GOLD', 1) }];
  const questId = await stage.quest({ eventType, autoClaim: true, rewards });
  return { eventType, questId };
}

const poison = (accountId: string) => stage.sql(`insert into poison values ($1, '{"bad": true}')`, accountId);
const cure = (accountId: string) => stage.sql('delete from poison where account_id = $1', accountId);

function deadLettersOf(accountId: string) {
  const select = `select dead_letter.id, error, dead_letter.attempts, replayed_at is not null as replayed
    from dead_letter join recorded_event on recorded_event.id = recorded_event_id
    where account_id = $1 order by dead_letter.id`;
  return stage.sql<{ id: string; error: string; attempts: number; replayed: boolean }>(select, accountId);
}

const drained = (...people: readonly string[]) =>
  until(async () => {
    for (const accountId of people) if ((await stage.pendingOf(accountId)).length > 0) return false;
    return true;
  });

describe('a worker', () => {
  it('applies what is recorded while it waits, long before its poll', async () => {
    await using _ = stage.worker({ pollMs: 3_600_000 });
    const [accountId, { eventType }] = [await stage.person(), await payingType()];
    for (let gold = 1; gold <= 3; gold++) {
      await stage.record(accountId, eventType);
      await until(async () => (await stage.balanceOf(accountId)).gold === gold);
    }
    // This includes the person's own events that the last transaction recorded.
    await drained(accountId);
  });

  it('finds by its poll what it was not told of', async () => {
    const [accountId, { eventType }] = [await stage.person(), await payingType()];
    const signals = { listen: () => () => undefined };
    await using _ = stage.worker({ signals, pollMs: 20 });
    for (let gold = 1; gold <= 3; gold++) {
      await stage.record(accountId, eventType);
      await drained(accountId);
      expect(await stage.balanceOf(accountId)).toEqual({ gold, diamond: 0 });
    }
  });

  it('applies each person’s events in order, each once, beside others of its kind', async () => {
    const { eventType, questId } = await payingType();
    const people = await Promise.all(Array.from({ length: 30 }, () => stage.person()));
    const twenty = Array.from({ length: 20 }, () => ({}));
    const recordAll = () => Promise.all(people.map((id) => stage.record(id, eventType, ...twenty)));
    const before = await recordAll();
    await using workers = new AsyncDisposableStack();
    for (let n = 0; n < 3; n++) workers.use(stage.worker());
    const after = await recordAll();
    await drained(...people);
    for (const [index, accountId] of people.entries()) {
      const completions = await stage.completionsOf(accountId, questId);
      const order = completions.flatMap(({ eventIds }) => eventIds);
      expect(order).toEqual([...must(before[index]), ...must(after[index])]);
      expect(await stage.balanceOf(accountId)).toEqual({ gold: 40, diamond: 0 });
    }
  });

  it('goes round-robin, however much one person has', async () => {
    const { eventType } = await payingType();
    const [busy, other] = [await stage.person(), await stage.person()];
    for (let n = 0; n < 3; n++) {
      await stage.record(busy, eventType, ...Array.from({ length: 1_000 }, () => ({})));
    }
    await stage.record(other, eventType);
    await using _ = stage.worker({ concurrency: 1 });
    await drained(other);
    expect(await stage.pendingOf(busy)).not.toEqual([]);
    await drained(busy);
    expect(await stage.balanceOf(busy)).toEqual({ gold: 3_000, diamond: 0 });
  });

  it('leaves a person to the one that has them', async () => {
    const [accountId, { eventType }] = [await stage.person(), await payingType()];
    await stage.record(accountId, eventType);
    const [job] = await transaction(stage.database, async (tx) => {
      await tx.query(holdProgress);
      const job = stage.runJob(accountId);
      await until(() => stage.isWaitedFor('relation'));
      expect(await stage.runJob(accountId)).toEqual({ state: 'busy' });
      return [job];
    });
    expect(await job).toEqual({ state: 'done' });
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 1, diamond: 0 });
  });

  it('loses and doubles nothing when its connections are cut, whatever it is doing', async () => {
    const { eventType, questId } = await payingType();
    const people = await Promise.all(Array.from({ length: 10 }, () => stage.person()));
    await Promise.all(
      people.map((id) => stage.record(id, eventType, ...Array.from({ length: 100 }, () => ({})))),
    );
    await using workers = new AsyncDisposableStack();
    for (let n = 0; n < 2; n++) workers.use(stage.worker({ pollMs: 20 }));
    for (let n = 0; n < 10; n++) await cutConnections();
    await drained(...people);
    for (const accountId of people) {
      expect(await stage.progressOf(accountId, questId)).toMatchObject({ completions: 100 });
      expect(await stage.completionsOf(accountId, questId)).toHaveLength(100);
      expect(await stage.balanceOf(accountId)).toEqual({ gold: 100, diamond: 0 });
      expect(await deadLettersOf(accountId)).toEqual([]);
    }
  });
});

/** Waits until a connection of the workers is in a transaction, and ends every such connection. */
async function cutConnections(): Promise<void> {
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null`;
  await until(async () => (await stage.sql(cut)).length > 0);
}

describe('an event that fails', () => {
  it('becomes a dead letter after eight tries; the person’s later events wait, everybody else’s do not', async () => {
    const { eventType, questId } = await payingType();
    const [accountId, other] = [await stage.person(), await stage.person()];
    await poison(accountId);
    const given = [{}, {}, { data: { bad: true } }, {}, {}];
    const [, , bad] = await stage.record(accountId, eventType, ...given);
    await using _ = stage.worker({ retryDelay: 20, pollMs: 3_600_000 });
    await until(async () => ((await stage.pendingOf(accountId))[0]?.attempts ?? 0) > 1);
    // The events before it are done, it is the first pending one, and those after it wait.
    expect((await stage.pendingOf(accountId))[0]?.eventId).toBe(bad);
    expect(await stage.completionsOf(accountId, questId)).toHaveLength(2);
    await stage.record(other, eventType);
    await drained(other);
    expect(await deadLettersOf(accountId)).toEqual([]);
    await drained(accountId);
    const [letter, ...more] = await deadLettersOf(accountId);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ attempts: maxAttempts, replayed: false });
    expect(letter?.error).toBe('P0001. The log has the rest.');
    expect(await stage.completionsOf(accountId, questId)).toHaveLength(4);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 4, diamond: 0 });
  });

  it.each([
    [
      'a value that is none of its type',
      `perform (new.data ->> 'secret')::int`,
      '22P02. The log has the rest.',
    ],
    [
      'a row that breaks a constraint',
      `insert into wallet (id, account_id, gold) values (new.account_id, new.account_id, -(new.data ->> 'number')::int)`,
      '23514: table wallet, constraint wallet_gold_check. The log has the rest.',
    ],
    [
      'a row that is there already',
      `insert into account (username, email, display_name)
        select new.data ->> 'secret', email, 'x' from account where id = new.account_id`,
      '23505: table account, constraint account_email_key. The log has the rest.',
    ],
    [
      'what a message says',
      `raise exception 'not %', new.data ->> 'secret' using detail = new.data ->> 'secret'`,
      'P0001. The log has the rest.',
    ],
  ])('tells admins nothing of what it holds: %s', async (_, body, expected) => {
    const [accountId, eventType] = [await stage.person(), newType()];
    await stage.sql(`create function stumble() returns trigger language plpgsql as $$ begin
      ${body};
      return null;
    end $$`);
    await stage.sql(`create trigger stumble after update on recorded_event for each row
      when (old.applied_at is null and new.applied_at is not null and new.event_type = '${eventType}')
      execute function stumble()`);
    onTestFinished(async () => void (await stage.sql('drop function stumble cascade')));
    await stage.record(accountId, eventType, { data: { secret: 'plum-violin', number: 4711 } });
    await stage.apply(accountId);
    expect((await deadLettersOf(accountId)).map(({ error }) => error)).toEqual([expected]);
  });

  it('is tried again where it is due a moment later than its timer comes', async () => {
    const { eventType } = await payingType();
    const accountId = await stage.person();
    await poison(accountId);
    await stage.sql(`create function put_off() returns trigger language plpgsql as $$ begin
      new.next_attempt_at := new.next_attempt_at + interval '2 milliseconds';
      return new;
    end $$`);
    await stage.sql(`create trigger put_off before update of next_attempt_at on recorded_event
      for each row execute function put_off()`);
    onTestFinished(async () => void (await stage.sql('drop function put_off cascade')));
    await using _ = stage.worker({ retryDelay: 10, pollMs: 3_600_000 });
    await stage.record(accountId, eventType, { data: { bad: true } });
    await drained(accountId);
    expect(await deadLettersOf(accountId)).toHaveLength(1);
  });

  it('costs few transactions more, where many others go on before it', async () => {
    const { eventType } = await payingType();
    const accountId = await stage.person();
    await poison(accountId);
    const bad = { data: { bad: true } };
    const events = Array.from({ length: 100 }, (_, index) => (index === 49 ? bad : {}));
    await stage.record(accountId, eventType, ...events);
    const before = stage.batches;
    await until(async () => (await stage.runJob(accountId, { retryDelay: 10_000 })).state === 'retry');
    expect(stage.batches - before).toBeLessThan(40);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 49, diamond: 0 });
  });

  it('waits about twice as long before each try', async () => {
    const { eventType } = await payingType();
    const accountId = await stage.person();
    await poison(accountId);
    const [eventId] = await stage.record(accountId, eventType, { data: { bad: true } });
    const waits: number[] = [];
    for (let attempt = 1; attempt < maxAttempts; attempt++) {
      // Time goes on in the test: a long wait is simply ended.
      await stage.sql('update recorded_event set next_attempt_at = now() where event_id = $1', eventId);
      const result = await stage.runJob(accountId, { retryDelay: 1_000 });
      waits.push(result.state === 'retry' ? result.delay : 0);
      expect((await stage.runJob(accountId, { retryDelay: 1_000 })).state).toBe('done');
    }
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(750 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(1_250 * 2 ** index);
    }
    await stage.sql('update recorded_event set next_attempt_at = now() where event_id = $1', eventId);
    expect((await stage.runJob(accountId, { retryDelay: 1_000 })).state).toBe('done');
    expect(await deadLettersOf(accountId)).toHaveLength(1);
  });

  it('is not blamed where PostgreSQL is away', async () => {
    const { eventType } = await payingType();
    const accountId = await stage.person();
    await stage.record(accountId, eventType);
    await stage.sql(`insert into poison values ($1, '{}')`, accountId);
    await stage.sql(`create or replace function shut_down() returns trigger language plpgsql as $$ begin
      if exists (select from poison where account_id = new.account_id and data = '{}') then
        raise exception 'going' using errcode = '57P01';
      end if;
      return null;
    end $$`);
    await stage.sql(
      `create trigger shut_down after insert on quest_progress for each row execute function shut_down()`,
    );
    const job = stage.runJob(accountId, { retryDelay: 1_000 });
    await expect(job).rejects.toSatisfy((error) => sqlStateOf(error) === '57P01');
    expect(await stage.pendingOf(accountId)).toMatchObject([{ attempts: 0 }]);
    await cure(accountId);
    await stage.apply(accountId);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 1, diamond: 0 });
  });
});

describe('replayDeadLetter', () => {
  /** A person with a dead letter whose cause has been removed. */
  async function cured() {
    const { eventType, questId } = await payingType();
    const accountId = await stage.person();
    await poison(accountId);
    await stage.record(accountId, eventType, { data: { bad: true } });
    await stage.apply(accountId);
    await cure(accountId);
    const [letter] = await deadLettersOf(accountId);
    return { accountId, questId, deadLetterId: must(letter).id };
  }

  it('applies the event, and twice pays once', async () => {
    const { accountId, questId, deadLetterId } = await cured();
    for (let n = 0; n < 2; n++) {
      expect(await stage.deadLetters.replayDeadLetter(deadLetterId)).toEqual({ deadLetterId });
      await stage.apply(accountId);
      expect(await stage.completionsOf(accountId, questId)).toHaveLength(1);
      expect(await stage.balanceOf(accountId)).toEqual({ gold: 1, diamond: 0 });
    }
    expect(await deadLettersOf(accountId)).toMatchObject([{ id: deadLetterId, replayed: true }]);
  });

  it('wakes the workers, and fifty at once are one', async () => {
    const { accountId, deadLetterId } = await cured();
    await using _ = stage.worker({ pollMs: 3_600_000 });
    const [other, eventType] = [await stage.person(), newType()];
    for (let n = 0; n < 3; n++) {
      await stage.record(other, eventType);
      await drained(other);
    }
    await Promise.all(Array.from({ length: 50 }, () => stage.deadLetters.replayDeadLetter(deadLetterId)));
    await drained(accountId);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 1, diamond: 0 });
  });

  it('makes another dead letter where the event fails again, after as many tries', async () => {
    const { accountId, deadLetterId } = await cured();
    await poison(accountId);
    must(await stage.deadLetters.replayDeadLetter(deadLetterId));
    await stage.apply(accountId);
    // The first one is settled; replaying it again changes nothing.
    must(await stage.deadLetters.replayDeadLetter(deadLetterId));
    const letters = [{ replayed: true }, { replayed: false, attempts: maxAttempts }];
    expect(await deadLettersOf(accountId)).toMatchObject(letters);
    expect(await stage.pendingOf(accountId)).toEqual([]);
  });

  it('finds none that is not there', async () => {
    for (const id of [randomUUID(), null]) {
      expect(refusalOf(await stage.deadLetters.replayDeadLetter(id))).toEqual(['NOT_FOUND', 'id']);
    }
  });
});
