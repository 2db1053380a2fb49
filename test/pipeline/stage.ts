import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { openSignals, type Signals } from '../../src/database/signals.ts';
import { rowTypes, statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { entities } from '../../src/entities/index.ts';
import { type JobOptions, type JobResult, runJob } from '../../src/pipeline/job.ts';
import { eventsChannel, Worker, type WorkerOptions } from '../../src/pipeline/worker.ts';
import { Outbox } from '../../src/pubsub/outbox.ts';
import { AppliedEvents, appliedChannel } from '../../src/services/applied-events.ts';
import { CompletionService } from '../../src/services/completion.service.ts';
import { DeadLetterService } from '../../src/services/dead-letter.service.ts';
import { EventService, type EventToRecord } from '../../src/services/event.service.ts';
import { LedgerService } from '../../src/services/ledger.service.ts';
import { Ledger } from '../../src/services/ledger.ts';
import { Notifier } from '../../src/services/notifier.ts';
import { Payout } from '../../src/services/payout.ts';
import { type OwnEvent, Recorder } from '../../src/services/recorder.ts';
import { createDatabase } from '../setup/services.ts';
import { event, must, until } from './vocabulary.ts';

const log = pino({ level: 'silent' });

export type Role = 'USER' | 'SERVICE' | 'ADMIN';
type Row = Record<string, unknown>;

export interface QuestFields {
  readonly eventType: string;
  readonly kind?: 'COUNT' | 'STREAK';
  readonly cadence?: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  readonly goal?: number;
  readonly eventMatch?: object;
  readonly autoClaim?: boolean;
  /** Unlimited by default. */
  readonly maxCompletions?: number;
  readonly selfReported?: boolean;
  readonly startsAt?: Date;
  readonly endsAt?: Date;
  readonly archived?: boolean;
  readonly prerequisites?: readonly string[];
  readonly rewards?: readonly { readonly rewardId: string; readonly quantity?: number }[];
}

/** The pipeline and the services around it, with a database of its own; nothing is applied until a test asks for it. */
export class Stage implements AsyncDisposable {
  /** The names of the statements sent. */
  readonly statements: readonly string[];
  readonly database: Database;
  readonly recorder: Recorder;
  readonly ledger: Ledger;
  readonly applied: AppliedEvents;
  readonly events: EventService;
  readonly completions: CompletionService;
  readonly deadLetters: DeadLetterService;
  readonly wallets: LedgerService;
  readonly jobOptions: JobOptions;
  readonly signals: Signals;
  readonly #things = new AsyncDisposableStack();
  readonly #sql: pg.Pool;
  #service: Promise<string> | undefined;

  private constructor(database: Database, sql: pg.Pool, statements: readonly string[]) {
    this.database = database;
    this.#sql = sql;
    this.statements = statements;
    this.signals = openSignals({ database, log });
    const wake = () => this.signals.notify(eventsChannel);
    const outbox = new Outbox(() => undefined);
    this.recorder = new Recorder(wake);
    const notifier = new Notifier(outbox);
    this.ledger = new Ledger(outbox);
    const payout = new Payout({ ledger: this.ledger, notifier, recorder: this.recorder });
    this.applied = new AppliedEvents({ database, signals: this.signals, wakeWorkers: wake });
    this.events = new EventService({
      database,
      recorder: this.recorder,
      applied: this.applied,
      mostEvents: 1_000,
    });
    this.completions = new CompletionService({ database, payout });
    this.deadLetters = new DeadLetterService({ database, wake });
    this.wallets = new LedgerService({ database, ledger: this.ledger, notifier });
    const onApplied = () => this.signals.notify(appliedChannel);
    this.jobOptions = {
      database,
      log,
      notifier,
      payout,
      outbox,
      recorder: this.recorder,
      retryDelay: 1,
      onApplied,
    };
  }

  static async open(): Promise<Stage> {
    const { url, drop } = await createDatabase();
    const statements: string[] = [];
    const onStatement = (name: string) => void statements.push(name);
    const database = await openDatabase({ url, entities, log, poolSize: 20, onStatement });
    const sql = new pg.Pool({ connectionString: url, max: 2 });
    sql.on('error', () => undefined);
    const stage = new Stage(database, sql, statements);
    stage.#things.defer(drop);
    stage.#things.defer(() => sql.end());
    stage.#things.defer(() => database.close());
    return stage;
  }

  /** Stops what a test started, and drops the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.applied.close();
    await this.signals.close();
    await this.#things.disposeAsync();
  }

  /** Runs any SQL, for what a test sets up or checks. */
  async sql<R = Row>(text: string, ...values: unknown[]): Promise<R[]> {
    const { rows } = await this.#sql.query({ text, values, types: rowTypes });
    return rows;
  }

  async person({
    role = 'USER',
    timeZone = 'UTC',
  }: {
    role?: Role;
    timeZone?: string;
  } = {}): Promise<string> {
    const name = `p${randomUUID().slice(0, 18)}`;
    const [row] = await this.sql<{ id: string }>(
      `with made as (
        insert into account (username, email, display_name, role, time_zone, status)
        values ($1, $1 || '@example.com', $1, $2, $3, 'ACTIVE') returning id
      ), purse as (insert into wallet (id, account_id) select id, id from made)
      select id from made`,
      name,
      role,
      timeZone,
    );
    return must(row).id;
  }

  async reward(currency: 'GOLD' | 'DIAMOND', amount: number): Promise<string> {
    const insert = `insert into reward (name, currency, amount) values ('a reward', $1, $2) returning id`;
    const [row] = await this.sql<{ id: string }>(insert, currency, amount);
    return must(row).id;
  }

  async quest({ prerequisites = [], rewards = [], ...fields }: QuestFields): Promise<string> {
    const [row] = await this.sql<{ id: string }>(
      `insert into quest (name, event_type, kind, cadence, goal, event_match, auto_claim, max_completions,
        self_reported, starts_at, ends_at, archived)
      values ('a quest', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
      fields.eventType,
      fields.kind ?? 'COUNT',
      fields.cadence ?? 'NONE',
      fields.goal ?? 1,
      fields.eventMatch ?? null,
      fields.autoClaim ?? false,
      fields.maxCompletions ?? null,
      fields.selfReported ?? false,
      fields.startsAt ?? null,
      fields.endsAt ?? null,
      fields.archived ?? false,
    );
    const { id } = must(row);
    for (const [position, other] of prerequisites.entries()) {
      const insert =
        'insert into quest_prerequisite (quest_id, prerequisite_id, position) values ($1, $2, $3)';
      await this.sql(insert, id, other, position);
    }
    for (const [position, { rewardId, quantity = 1 }] of rewards.entries()) {
      const insert =
        'insert into quest_reward (quest_id, reward_id, quantity, position) values ($1, $2, $3, $4)';
      await this.sql(insert, id, rewardId, quantity, position);
    }
    return id;
  }

  /** Records events in this order, as a service does; each must be accepted. */
  async record(
    accountId: string,
    eventType: string,
    ...given: readonly Partial<EventToRecord>[]
  ): Promise<string[]> {
    this.#service ??= this.person({ role: 'SERVICE' });
    const viewer = { accountId: await this.#service, role: 'SERVICE' } as const;
    const events = (given.length === 0 ? [{}] : given).map((each) =>
      event({ accountId, eventType, ...each }),
    );
    const { results } = await this.events.recordEvents(viewer, events);
    const refused = results.find(({ outcome }) => outcome !== 'ACCEPTED');
    if (refused !== undefined) throw new Error(`An event was ${refused.outcome}: ${refused.message}`);
    return results.map(({ eventId }) => eventId);
  }

  recordOwn(...events: readonly OwnEvent[]): Promise<void> {
    return transaction(this.database, async (tx) => this.recorder.recordOwn(tx, ...events));
  }

  /** Runs one job of a person. */
  runJob(accountId: string, options: Partial<JobOptions> = {}): Promise<JobResult> {
    return runJob({ ...this.jobOptions, ...options }, accountId, new AbortController().signal);
  }

  /** Runs jobs of a person until nothing is left to apply, whatever fails. */
  async apply(accountId: string): Promise<void> {
    await until(async () => {
      await this.runJob(accountId);
      return (await this.pendingOf(accountId)).length === 0;
    });
  }

  /** Records and applies events one by one. */
  async happen(
    accountId: string,
    eventType: string,
    ...given: readonly Partial<EventToRecord>[]
  ): Promise<string[]> {
    const eventIds: string[] = [];
    for (const each of given.length === 0 ? [{}] : given) {
      eventIds.push(...(await this.record(accountId, eventType, each)));
      await this.apply(accountId);
    }
    return eventIds;
  }

  /**
   * The same for events of any age, even older than may be recorded, each in its own time zone.
   * @param moments such as `2026-03-01T12:00Z`, or `2026-03-01T12:00Z Asia/Tokyo`
   */
  async happenAt(accountId: string, eventType: string, ...moments: readonly string[]): Promise<string[]> {
    const eventIds: string[] = [];
    for (const moment of moments) {
      const [at = '', timeZone = 'UTC'] = moment.split(' ');
      const eventId = randomUUID();
      const told = { eventId, eventType, accountId, timeZone, occurredAt: new Date(at) };
      const source = { recordedBy: accountId, selfReported: false };
      const fresh = { ...told, data: null, source: null, version: null };
      await transaction(this.database, (tx) => this.recorder.record(tx, source, [fresh]));
      await this.apply(accountId);
      eventIds.push(eventId);
    }
    return eventIds;
  }

  /** Starts a worker as a process does. */
  worker(options: Partial<WorkerOptions> = {}): AsyncDisposable {
    const { jobOptions, signals } = this;
    const worker = new Worker({ ...jobOptions, signals, ...options });
    return { [Symbol.asyncDispose]: () => worker.close() };
  }

  async progressOf(accountId: string, questId: string): Promise<Row | undefined> {
    const select = `select count, completions, period, period_completed as completed from quest_progress
      where account_id = $1 and quest_id = $2`;
    return (await this.sql(select, accountId, questId))[0];
  }

  /** In the order of their creation. */
  completionsOf(accountId: string, questId: string): Promise<CompletionRow[]> {
    return this.sql<CompletionRow>(
      `select id, ordinal, run_length as "runLength", gold, diamond, event_ids as "eventIds",
        claimed_at is not null as claimed
      from quest_completion where account_id = $1 and quest_id = $2 order by id`,
      accountId,
      questId,
    );
  }

  async balanceOf(accountId: string): Promise<{ gold: number; diamond: number }> {
    const select = 'select gold, diamond from wallet where id = $1';
    return must((await this.sql<{ gold: number; diamond: number }>(select, accountId))[0]);
  }

  entriesOf(accountId: string): Promise<EntryRow[]> {
    return this.sql<EntryRow>(
      `select id, currency, amount, balance_after as "balanceAfter", reason, source_id as "sourceId", note
      from ledger_entry where wallet_id = $1 order by position`,
      accountId,
    );
  }

  /** The errors in the ledger: sums that are not zero, and balances that are not the sum of their entries. */
  async imbalances(): Promise<Row[]> {
    return [
      ...(await this.sql(
        'select currency, sum(amount) from ledger_entry group by currency having sum(amount) <> 0',
      )),
      ...(await this.sql(
        `select wallet.id from wallet left join ledger_entry on wallet_id = wallet.id
        where account_id is not null group by wallet.id
        having gold <> coalesce(sum(amount) filter (where currency = 'GOLD'), 0)
          or diamond <> coalesce(sum(amount) filter (where currency = 'DIAMOND'), 0)`,
      )),
    ];
  }

  notificationsOf(
    accountId: string,
  ): Promise<{ kind: string; title: string; body: string; subjectId: string }[]> {
    const select = `select kind, title, body, subject_id as "subjectId" from notification
      where account_id = $1 order by id`;
    return this.sql(select, accountId);
  }

  /** The live events published to this person, in order. */
  async liveOf(accountId: string): Promise<[topic: string, id: unknown][]> {
    const select = 'select topic, payload from live_event where audience = $1 order by id';
    const rows = await this.sql<{ topic: string; payload: Row }>(select, accountId);
    return rows.map(({ topic, payload }) => [topic, Object.values(payload)[0]]);
  }

  /** Whether a session waits for a lock of this kind. */
  async isWaitedFor(locktype: 'advisory' | 'relation'): Promise<boolean> {
    const select = `select from pg_locks join pg_database on pg_database.oid = database
      where datname = current_database() and not granted and locktype = $1`;
    return (await this.sql(select, locktype)).length > 0;
  }

  /** The number of transactions that were begun to apply events. */
  get batches(): number {
    return this.statements.filter((name) => name === 'pipeline.lock_person').length;
  }

  pendingOf(accountId: string): Promise<{ eventId: string; attempts: number }[]> {
    return this.sql(pendingOf, accountId);
  }
}

interface CompletionRow {
  readonly id: string;
  readonly ordinal: number;
  readonly runLength: number;
  readonly gold: number;
  readonly diamond: number;
  readonly eventIds: readonly string[];
  readonly claimed: boolean;
}

interface EntryRow {
  readonly id: string;
  readonly currency: string;
  readonly amount: number;
  readonly balanceAfter: number;
  readonly reason: string;
  readonly sourceId: string;
  readonly note: string | null;
}

const pendingOf = `select event_id as "eventId", attempts from recorded_event
  where account_id = $1 and applied_at is null and failed_at is null order by position`;

/** Blocks all writes of progress until the transaction ends. */
export const holdProgress = statement('test.hold_progress', 'lock table quest_progress in share mode');
