import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setInterval } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchmarks } from '../bench/benchmarks.mjs';
import { createFolder } from './setup/services.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A server that takes some time to stop, and prints how often it was asked to. */
const server = `
let stops = 0;
const stop = () => {
  stops += 1;
  if (stops > 1) return;
  setTimeout(() => {
    process.stdout.write('stopped in order\\n');
    process.exit(Number(process.argv[2] ?? 0));
  }, 200);
};
process.on('SIGTERM', stop).on('SIGINT', stop);
setTimeout(() => process.exit(1), 60_000);
process.stdout.write(\`ready on \${process.version}\\n\`);
`;

const bundle = `
import { mkdir, writeFile } from 'node:fs/promises';
export async function buildGraphiql({ outDir }) {
  await mkdir(outDir, { recursive: true });
  await writeFile(outDir + '/index.html', '');
}
`;

/** A clone with everything installed, whose server is the one above. */
let project: string;

beforeAll(async () => {
  project = await createFolder();
  for (const name of ['package.json', 'biome.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts']) {
    await cp(join(root, name), join(project, name), { recursive: true });
  }
  await mkdir(join(project, 'node_modules'));
  for (const name of ['node', 'typescript', '@typescript', '@types', '@biomejs']) {
    await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  // Everything in this lockfile is installed.
  for (const lock of ['package-lock.json', 'node_modules/.package-lock.json']) {
    await writeFile(join(project, lock), '{ "packages": {} }');
  }
  for (const folder of ['graphiql', 'bench']) await mkdir(join(project, folder));
  await writeFile(join(project, 'graphiql', 'build.mjs'), bundle);
  await cp(join(root, 'bench', 'benchmarks.mjs'), join(project, 'bench', 'benchmarks.mjs'));
  await mkdir(join(project, 'src'));
  await writeFile(join(project, 'src', 'server.ts'), server);
});

describe('npm start', () => {
  it.each([
    { to: 'npm', signal: 'SIGTERM', times: 1 },
    { to: 'npm', signal: 'SIGTERM', times: 5 },
    { to: 'the group', signal: 'SIGINT', times: 1 },
    { to: 'the group', signal: 'SIGINT', times: 5 },
    { to: 'the group', signal: 'SIGTERM', times: 5 },
  ] as const)('stops once and with exit code 0 on $times × $signal to $to', async ({ to, signal, times }) => {
    const npm = run('npm', ['start']);
    expect(await npm.line('ready')).toMatch('ready on v24.');
    for (let sent = 0; sent < times; sent++) process.kill(to === 'npm' ? npm.pid : -npm.pid, signal);
    expect(await npm.end).toMatchObject({ code: 0, signal: null });
    expect((await npm.output).match(/stopped in order/g)).toHaveLength(1);
  });

  it('stops once and with exit code 0 under a burst that outlasts the server', async () => {
    const npm = run('npm', ['start']);
    await npm.line('ready');
    let sent = 0;
    for await (const _ of setInterval(10)) {
      process.kill(-npm.pid, 'SIGTERM');
      sent += 1;
      if (sent === 40) break;
    }
    expect(await npm.end).toMatchObject({ code: 0, signal: null });
    expect((await npm.output).match(/stopped in order/g)).toHaveLength(1);
  });

  it('ends with the exit code of a server that could not stop in order', async () => {
    const npm = run('npm', ['start', '--', '3']);
    await npm.line('ready');
    process.kill(npm.pid, 'SIGTERM');
    expect(await npm.end).toMatchObject({ code: 3 });
  });

  it('compiles what has changed, and only then', async () => {
    await stopped(run('npm', ['start']));
    expect(await stopped(run('npm', ['start']))).not.toContain('Compiling');
    await writeFile(join(project, 'src', 'gone.ts'), 'export const here = true;\n');
    expect(await stopped(run('npm', ['start']))).toContain('Compiling');
    expect(await isThere(join(project, 'dist', 'gone.js'))).toBe(true);
    await rm(join(project, 'src', 'gone.ts'));
    expect(await stopped(run('npm', ['start']))).toContain('Compiling');
    expect(await isThere(join(project, 'dist', 'gone.js'))).toBe(false);
  });
});

describe('npm run check', () => {
  it('stops at the first gate that fails, and names it', async () => {
    const npm = run('npm', ['run', 'check']);
    expect(await npm.end).toMatchObject({ code: 1 });
    const output = await npm.output;
    expect(output).toContain('check stopped at "format and lint": biome ci failed');
    expect(output).not.toContain('[2/');
  });
});

describe('the commands', () => {
  it('are those of package.json, each with its help', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const overview = await run(process.execPath, ['scripts/run.mjs', '--help']).output;
    expect([...overview.matchAll(/^ {2}([a-z:]+) /gm)].map(([, name]) => name)).toEqual(Object.keys(scripts));
    for (const name of Object.keys(scripts)) {
      const help = run(process.execPath, ['scripts/run.mjs', name, '--help']);
      expect(await help.end).toMatchObject({ code: 0 });
      expect(await help.output).toContain(`  npm ${['start', 'test'].includes(name) ? name : `run ${name}`}`);
    }
  });

  it.each([
    [['start', '--port', '3'], 'PORT='],
    [['start', '--PORT=3'], 'PORT='],
    [['dev', 'fast'], 'takes no arguments (fast)'],
    [['build', '--all'], 'takes no arguments (--all)'],
    [['check', 'types'], 'takes no arguments (types)'],
    [['db:migrate', '0001'], 'takes no arguments (0001)'],
    [['db:seed', '--yes'], 'takes no arguments (--yes)'],
    [['bench', 'nothing'], 'There is no benchmark nothing; there are latency, fan-out,'],
    [['bench', 'toString'], 'There is no benchmark toString;'],
    [['bench', '--event', '3'], 'latency has no option --event; there are --events.'],
    [['bench', 'reads', '3'], 'reads does not know 3.'],
    [['bench', 'attacks', 'nothing'], 'attacks does not know nothing; there are upgrades,'],
  ])('%j is refused at once, before anything is installed or built', async (args, told) => {
    const refused = run(process.execPath, ['scripts/run.mjs', ...args]);
    expect(await refused.end).toMatchObject({ code: 1 });
    expect(await refused.output).toContain(told);
    expect((await refused.output).trim().split('\n')).toHaveLength(1);
  });

  it('are refused with an option that npm has taken for its own', async () => {
    const refused = run('npm', ['start', '--port', '3']);
    expect(await refused.end).toMatchObject({ code: 1 });
    expect(await refused.output).toContain('npm start takes no arguments (--port');
  });

  it('are refused where there is none of that name', async () => {
    expect(await run(process.execPath, ['scripts/run.mjs', 'serve']).end).toMatchObject({ code: 1 });
  });
});

describe('the help of npm run bench', () => {
  it('names every benchmark, every option with what it is if left out, and every attack', async () => {
    expect(Object.keys(benchmarks).toSorted()).toEqual(
      keysOf(await source('run.ts'), /^ {2}'?([a-z-]+)'?: \(\) =>/gm),
    );
    const attacks = keysOf(await source('attacks/attacks.ts'), /^ {2}'?([a-z-]+)'?(?:: [a-zA-Z]+)?,$/gm);
    expect([...(benchmarks.attacks?.parts ?? [])].toSorted()).toEqual(attacks);
    for (const [name, { options = {} }] of Object.entries(benchmarks)) {
      const [, given = ''] = /wholeNumbers\(args, \{(.+)\}\)/.exec(await source(`${name}.ts`)) ?? [];
      const known = Object.entries(options).map(([option, [standard]]) => `${option}: ${standard}`);
      const real = given
        .replaceAll('_', '')
        .split(',')
        .map((option) => option.trim());
      expect([name, known.toSorted()]).toEqual([name, real.filter((option) => option !== '').toSorted()]);
    }
    const help = await run(process.execPath, ['scripts/run.mjs', 'bench', '--help']).output;
    for (const [name, { options = {}, parts = [] }] of Object.entries(benchmarks)) {
      const expected = [name, ...Object.keys(options).map((option) => `--${option}`), ...parts];
      expect(expected.filter((word) => !help.split(/\s+/).includes(word))).toEqual([]);
    }
  });

  const source = (file: string) => readFile(join(root, 'bench', file), 'utf8');
  const keysOf = (code: string, key: RegExp) =>
    [...code.matchAll(key)].map(([, name = '']) => name).toSorted();
});

describe('npm test', () => {
  it('says how long all tests take, and does not for one file', async () => {
    const nothing = ['scripts/run.mjs', 'test'];
    // Vitest is not installed here; only the first line matters.
    expect(await run(process.execPath, nothing).output).toMatch(
      /^All tests take .+ minutes .+: npm test -- .+$/m,
    );
    expect(await run(process.execPath, [...nothing, 'x.test.ts']).output).not.toContain('All tests take');
  });
});

function run(command: string, args: readonly string[]) {
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', command, ...args], {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = createInterface(child.stdout);
  const output = text(child.stdout);
  return {
    pid: child.pid ?? 0,
    output,
    end: once(child, 'exit').then(([code, signal]: unknown[]) => ({ code, signal })),
    async line(start: string): Promise<string> {
      for await (const line of lines) if (line.startsWith(start)) return line;
      throw new Error(`No line begins with "${start}": ${await output}`);
    },
  };
}

async function stopped(npm: ReturnType<typeof run>): Promise<string> {
  await npm.line('ready');
  process.kill(npm.pid, 'SIGTERM');
  await npm.end;
  return npm.output;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
