import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setInterval } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFolder } from './setup/services.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A server that takes its time to stop, and says how often it did. */
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
  // All is installed that this lock names.
  for (const lock of ['package-lock.json', 'node_modules/.package-lock.json']) {
    await writeFile(join(project, lock), '{ "packages": {} }');
  }
  await writeFile(join(project, 'scripts', 'build-graphiql.mjs'), bundle);
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

  it('are refused where there is none of that name', async () => {
    expect(await run(process.execPath, ['scripts/run.mjs', 'serve']).end).toMatchObject({ code: 1 });
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
