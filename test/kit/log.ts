import { pino } from 'pino';
import type { App } from './app.ts';
import { whenDone } from './when-done.ts';

/** A line of a log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** What an app writes to its log from now on; its LOG_LEVEL must allow that. */
export function captureLog({ log }: Pick<App, 'log'>): readonly LogLine[] {
  const lines: LogLine[] = [];
  const stream: unknown = Reflect.get(log, pino.symbols.streamSym);
  if (!isStream(stream)) throw new Error('The log has no stream.');
  const { write } = stream;
  stream.write = (line) => lines.push(JSON.parse(line));
  whenDone(() => {
    stream.write = write;
  });
  return lines;
}

function isStream(value: unknown): value is { write: (line: string) => unknown } {
  return typeof value === 'object' && value !== null && 'write' in value;
}
