import pg from 'pg';

/** A statement as it was sent to PostgreSQL. */
export interface Sent {
  /** The name of a prepared statement; without a name, it is planned with its values. */
  readonly name: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The statements that this process sends through its pools while `work` runs. */
export async function sentDuring(work: () => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const { query } = pg.Pool.prototype;
  const recording = {
    value(this: pg.Pool, ...given: unknown[]): unknown {
      const [config] = given;
      if (isStatement(config)) sent.push({ name: config.name, text: config.text, values: config.values });
      return Reflect.apply(query, this, given);
    },
  };
  Object.defineProperty(pg.Pool.prototype, 'query', { ...recording, configurable: true, writable: true });
  try {
    await work();
  } finally {
    Object.defineProperty(pg.Pool.prototype, 'query', { value: query, configurable: true, writable: true });
  }
  return sent;
}

function isStatement(config: unknown): config is Sent {
  return typeof config === 'object' && config !== null && 'text' in config && 'values' in config;
}

/** Whether it reads a `totalCount`, which has to read everything that it counts. */
export function isCount({ text }: Sent): boolean {
  return /\bcount\(\*\)/.test(text);
}
