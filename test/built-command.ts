import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createFolder } from './setup/services.ts';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'commands');

/** The folder in which commands are run; it contains no .env. */
const folder = await createFolder();

interface Call {
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
}

/** Runs a built command, such as `db-migrate`. */
export async function run(command: string, { args = [], variables = {}, input = '' }: Call) {
  const child = spawn(process.execPath, [join(dist, `${command}.js`), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: folder, ...variables },
  });
  child.stdin.end(input);
  const [[code], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output, errors };
}
