import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig, variableNames } from '../src/config.ts';
import { startApp } from './kit/app.ts';
import { eventually } from './kit/eventually.ts';
import { whenDone } from './kit/when-done.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = read('README.md');

describe('the first five minutes', () => {
  it('go as they are told', async () => {
    const { url } = await startApp({ SEED_DEMO: 'true' });
    const section = sectionOf('The first five minutes').replaceAll('localhost:4000', new URL(url).host);
    const [signUp = '', watch = '', signIn = '', record = '', standing = ''] = blocksOf(section, 'sh');
    const [shown = ''] = blocksOf(section, 'text');

    // By default, the client uses the port of `npm start`.
    const elsewhere = `${watch.trim()} ws://${new URL(url).host}/graphql`;
    const second = shell(`${signUp}\nexec ${elsewhere}`);
    await eventually(() => second.output().includes('Watching ada.'));
    const third = shell(`${signIn}\n${record}\n${record}`);
    await third.ended;

    const linesOf = (output: string) => output.trim().split('\n').toSorted();
    await eventually(() =>
      // The token is printed before it.
      expect(linesOf(second.output().slice(second.output().indexOf('Watching')))).toEqual(linesOf(shown)),
    );
    expect(third.output()).toMatch(/ACCEPTED.+DUPLICATE/s);
    const [token = ''] = third.output().split('\n');
    // A person types more slowly than events are applied.
    await eventually(async () => {
      const fourth = shell(`TOKEN=${token}\n${standing}`);
      await fourth.ended;
      expect(fourth.output()).toContain('"wallet":{"gold":50,"diamond":1}');
      expect(fourth.output()).toContain(
        '{"quest":{"name":"Ten lessons this week"},"count":1,"goal":10,"state":"ACTIVE"}',
      );
    });
  });
});

describe('other services', () => {
  it('check a token as it is told', async () => {
    const { url, seed } = await startApp();
    const { accessToken, id } = await seed.user();
    const [check = ''] = blocksOf(sectionOf('Other services'), 'sh');
    // By default, the example uses the port of `npm start`.
    const service = shell(`TOKEN=${accessToken}\n${check.trim()} ${url}`);
    await service.ended;
    expect(service.output()).toContain(`${id} is signed in as USER until`);
  });
});

describe('README', () => {
  it('has the commands, all of them', async () => {
    const { commands }: { commands: readonly { name: string }[] } = await import(
      pathToFileURL(join(root, 'scripts', 'commands.mjs')).href
    );
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const documented = rowsOf('Commands').map(
      ([command = '']) => /^`npm (?:run )?([\w:]+)/.exec(command)?.[1],
    );
    expect(documented).toEqual(commands.map(({ name }) => name));
    expect(Object.keys(scripts)).toEqual(documented);
  });

  it('has every setting that has an effect, with its default', () => {
    const rows = rowsOf('Settings').map((cells) => cells.map((cell) => cell.replaceAll('`', '')));
    const documented = rows.map(([name = '']) => name);
    expect([...documented, ...withoutEffect()].toSorted()).toEqual(variableNames.toSorted());
    const literals = rows.filter(([, standard = '']) => /^[\w.:]+$/.test(standard) && standard !== 'none');
    expect(literals.length).toBeGreaterThan(15);
    for (const [name = '', standard] of literals) {
      expect([name, parseConfig({ [name]: standard })]).toEqual([name, parseConfig({})]);
    }
  });

  it('names files that are there, as do the pages for developers', () => {
    const paths = ['README.md', 'docs/development.md', 'docs/performance.md', 'docs/library-defaults.md']
      .flatMap(pathsIn)
      .filter((path) => !madeByRecipes.has(path));
    expect(paths.length).toBeGreaterThan(60);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('leads to every benchmark', async () => {
    const { benchmarks }: { benchmarks: Record<string, unknown> } = await import(
      pathToFileURL(join(root, 'bench', 'benchmarks.mjs')).href
    );
    const names = rowsOf('Benchmarks', read('docs/performance.md')).map(([name = '']) => name);
    expect(names).toEqual(Object.keys(benchmarks).map((name) => `\`${name}\``));
    expect(readme).toContain('(docs/performance.md#benchmarks)');
  });

  const madeByRecipes = new Set([
    'examples/operations/archive-reward.graphql',
    'examples/operations/reward-changed.graphql',
  ]);
});

describe('.env.example', () => {
  const lines = [...read('.env.example').matchAll(/^# ([A-Z_]+)=(.*)$/gm)];

  it('has every setting once', () => {
    expect(lines.map(([, name = '']) => name).toSorted()).toEqual(variableNames.toSorted());
  });

  it('changes nothing, neither as it is nor with every line in force', () => {
    expect(parseEnv(read('.env.example'))).toEqual({});
    const all = parseEnv(read('.env.example').replaceAll(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(all)).toHaveLength(lines.length);
    expect(parseConfig(all)).toEqual(parseConfig({}));
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The files that a page links to or names by their path from the root. */
function pathsIn(page: string): string[] {
  const text = read(page);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)/g)];
  const files = [...text.matchAll(/`((?:src|test|docs|examples|graphiql|scripts|bench)\/[\w./-]*)`/g)];
  return [...links.map(([, path = '']) => join(dirname(page), path)), ...files.map(([, path = '']) => path)];
}

function sectionOf(heading: string, page = readme): string {
  const [, section] = new RegExp(`^## ${heading}\\n(.+?)(?=^## |$(?![^]))`, 'ms').exec(page) ?? [];
  if (section === undefined) throw new Error(`The page has no section "${heading}".`);
  return section;
}

function blocksOf(section: string, language: string): string[] {
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.+?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
}

/** The cells of the section's table, without its header. */
function rowsOf(heading: string, page = readme): string[][] {
  const [, , ...rows] = sectionOf(heading, page).match(/^\|.+\|$/gm) ?? [];
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** The settings that are read and checked, but have no effect yet. */
function withoutEffect(): string[] {
  const [, last = ''] = read('.env.example').split(/^# -+ checked at the start, without effect.*$/m);
  return [...last.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name);
}

interface Shell {
  readonly ended: Promise<unknown>;
  output(): string;
}

/** Runs what a person types into a terminal in the clone; it ends with the test. */
function shell(script: string): Shell {
  const child: ChildProcessByStdio<null, Readable, null> = spawn('sh', ['-c', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const ended = once(child, 'close');
  whenDone(async () => {
    child.kill();
    await ended;
  });
  return { ended, output: () => output };
}
