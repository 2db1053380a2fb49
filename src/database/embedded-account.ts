import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { UnusableSetting } from '../unusable-setting.ts';

/** Who runs the programs of PostgreSQL, which refuse to run as root. */
export interface Account {
  /** Who has to own what they write; none where it is whoever runs this process. */
  readonly owner: Owner | undefined;
  /** What stands before a program on its command line. */
  readonly launcher: readonly string[];
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Nothing of this process's environment reaches PostgreSQL: neither secrets nor PGPORT and its like. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Finds an account that can reach both the programs and the data: whoever runs this process or, where that is root,
 * the owner of the data, else `postgres`, else `nobody`.
 *
 * @param program a program of PostgreSQL that answers `--version`
 * @param dataDir the folder in which `cluster` is or will be
 * @throws where root has no account that reaches both
 */
export async function findAccount(program: string, dataDir: string, cluster: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { owner: undefined, launcher: [] };
  const owner = (await ownerOf(cluster)) ?? (await unprivilegedOwner());
  for (const launcher of launchers(owner)) {
    const account = { owner, launcher };
    if (await reaches(account, program, dataDir)) return account;
  }
  throw new UnusableSetting(
    'DATA_DIR',
    `PostgreSQL does not run as root, and the account with the id ${owner.uid} can reach ${dataDir} and ${program} ` +
      'only with setpriv (of util-linux); install it, run Questline as another user, or set DATABASE_URL.',
  );
}

/**
 * Starts a program of PostgreSQL in a session of its own, so that no signal for this process or its group and no
 * closed terminal reaches it.
 */
export function spawnAs(account: Account, command: readonly string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...args] = [...account.launcher, ...command];
  // The launcher gives up root by itself, with what it keeps.
  const ids = account.launcher.length === 0 ? account.owner : undefined;
  return spawn(program, args, { ...options, ...ids, env: environment, detached: true });
}

async function ownerOf(cluster: string): Promise<Owner | undefined> {
  try {
    const { uid, gid } = await stat(cluster);
    return uid === 0 ? undefined : { uid, gid };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** initdb asks for the name of its account: one that /etc/passwd does not know would not do. */
async function unprivilegedOwner(): Promise<Owner> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new UnusableSetting(
    'DATABASE_URL',
    'the embedded PostgreSQL does not run as root, and /etc/passwd has neither "postgres" nor "nobody"; ' +
      'run Questline as another user, or name a server of your own.',
  );
}

/**
 * The ways to give up root, the least privileged first. A checkout below a folder that only root may enter, such
 * as /root, is reached by one capability that is kept: to search folders, or, where a container has no such
 * capability to give, to pass over their modes. Without `no_setuid_fixup` access(2), by which initdb finds the
 * other programs, would not heed it.
 */
function launchers({ uid, gid }: Owner): string[][] {
  const keeping = (capability: string) => [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    `--bounding-set=-all,+${capability}`,
    '--',
  ];
  return [[], keeping('dac_read_search'), keeping('dac_override')];
}

async function reaches(account: Account, program: string, dataDir: string): Promise<boolean> {
  const probe = ['/bin/sh', '-c', 'cd "$1" && exec "$2" --version', 'probe', dataDir, program];
  const child = spawnAs(account, probe, { stdio: 'ignore' });
  try {
    const [code]: unknown[] = await once(child, 'exit');
    return code === 0;
  } catch (error) {
    // No setpriv on this machine.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
