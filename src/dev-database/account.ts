import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { hasCode } from '../data-dir.ts';
import { UnusableSetting } from '../unusable-setting.ts';

/** The account that runs the programs of PostgreSQL, which refuse to run as root. */
export interface SystemAccount {
  /** Who has to own the files that they write; undefined if it is the user of this process. */
  readonly owner: Owner | undefined;
  /** What goes before a program on its command line. */
  readonly launcher: readonly string[];
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Nothing of this process's environment reaches PostgreSQL: neither secrets nor PGPORT and the like. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * The user of this process. If that is root: the owner of the data, or else `postgres`, or else `nobody`.
 *
 * @param program a program of PostgreSQL that answers `--version`
 * @param cluster the folder of the data, which need not exist
 * @throws UnusableSetting if root cannot run the program as another user
 */
export async function findAccount(program: string, cluster: string): Promise<SystemAccount> {
  if (process.getuid?.() !== 0) return { owner: undefined, launcher: [] };
  const owner = (await ownerOf(cluster)) ?? (await unprivilegedOwner());
  const account = { owner, launcher: launcherOf(owner) };
  const probe = once(spawnAs(account, [program, '--version'], { stdio: 'ignore' }), 'exit');
  const runs = await probe.then(
    ([code]) => code === 0,
    () => false,
  );
  if (runs) return account;
  throw new UnusableSetting(
    'DATA_DIR',
    `PostgreSQL does not run as root, and as the account with the id ${owner.uid} it runs only with setpriv (of ` +
      'util-linux); install it, run Questline as another user, or set DATABASE_URL.',
  );
}

/**
 * Starts a program of PostgreSQL in a new session, so that it gets no signal for this process or its group, and
 * survives if the terminal is closed.
 */
export function spawnAs(
  { launcher }: SystemAccount,
  command: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const [program = '', ...args] = [...launcher, ...command];
  return spawn(program, args, { ...options, env: environment, detached: true });
}

async function ownerOf(cluster: string): Promise<Owner | undefined> {
  try {
    const { uid, gid } = await stat(cluster);
    return uid === 0 ? undefined : { uid, gid };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** initdb needs the name of its account, so the account has to be in /etc/passwd. */
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
 * Gives up root's rights except CAP_DAC_OVERRIDE, with which it reaches programs and data below a folder that only root
 * may enter, such as /root. A capability that only reads would be enough, but containers have none to give. Without
 * `no_setuid_fixup` access(2), with which initdb finds the other programs, would ignore the capability.
 */
function launcherOf({ uid, gid }: Owner): string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
    '--bounding-set=-all,+dac_override',
    '--',
  ];
}
