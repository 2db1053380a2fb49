import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { CommandRefused } from './command.ts';

export interface PasswordSource {
  /** A terminal, or anything with the password as its first line. */
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Where prompts are written if the input is a terminal. */
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks twice, without echo, on a terminal; from any other input it takes the first line.
 * @throws CommandRefused if there is none, or the two differ
 */
export async function readPassword(source: PasswordSource): Promise<string> {
  if (!source.input.isTTY) return firstLine(source.input);
  const password = await ask(source, 'Password: ');
  if ((await ask(source, 'Repeat the password: ')) === password) return password;
  throw new CommandRefused('The two passwords differ.');
}

async function firstLine(input: Readable): Promise<string> {
  for await (const line of createInterface({ input })) return line;
  throw new CommandRefused('Standard input holds no password.');
}

async function ask({ input, output }: PasswordSource, prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const givenUp = new AbortController();
  // Ctrl-C and Ctrl-D; the question alone would wait forever.
  lines.on('SIGINT', () => lines.close()).on('close', () => givenUp.abort());
  const answer = lines.question('', { signal: givenUp.signal });
  output.write(prompt);
  try {
    return await answer;
  } catch (error) {
    if (givenUp.signal.aborted) throw new CommandRefused('No password was given.');
    throw error;
  } finally {
    lines.close();
    output.write('\n');
  }
}
