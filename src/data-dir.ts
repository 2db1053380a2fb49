import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { UnusableSetting } from './unusable-setting.ts';

/**
 * Makes DATA_DIR and the folders above it, unless they exist. Node's own `recursive` retries forever if a folder
 * accepts no entries and says that they do not exist, as /proc does.
 * @param mode of each folder that is made; if left out, the default
 */
export async function makeDataDir(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDataDir(dirname(path), mode);
    await mkdir(path, { mode }).catch((failure: unknown) => {
      // Another process was first.
      if (codeOf(failure) !== 'EEXIST') throw failure;
    });
  }
}

/** Does some work in DATA_DIR. @throws UnusableSetting if the file system refuses what the work needs there */
export async function inDataDir<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw (await problemOf(error, dataDir)) ?? error;
  }
}

async function problemOf(error: unknown, dataDir: string): Promise<UnusableSetting | undefined> {
  const path = pathOf(error);
  const code = codeOf(error);
  if (path === undefined || code === undefined || !(await concerns(dataDir, path))) return undefined;
  return new UnusableSetting('DATA_DIR', sentenceFor(code, path), { cause: error });
}

function sentenceFor(code: string, path: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `this user may not write to ${path} (${code}); allow it, or choose another folder.`;
    case 'EROFS':
      return `${path} is on a read-only file system; choose another folder.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} is not a folder, or is not inside one; choose another path.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no space left for ${path}; free some, or choose a folder on another disk.`;
    default:
      return `${path} cannot be used (${code}); choose another folder.`;
  }
}

/** Whether a path is the data directory, is inside it, or is one of the folders above it. */
async function concerns(dataDir: string, path: string): Promise<boolean> {
  const asked = resolve(dataDir);
  const real = await realpath(dataDir).catch(() => asked);
  const here = resolve(path);
  return [asked, real].some(
    (dir) => here === dir || here.startsWith(dir + sep) || dir.startsWith(here + sep),
  );
}

/** The content of a file; undefined if there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether this is an error of Node with this code, or of a program that ended with it. */
export function hasCode(error: unknown, code: string | number): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
