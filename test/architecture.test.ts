import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * The layers of src/, from the ground up. A file may import from its own layer and from those below it. A layer is a
 * folder, or files beside src/app.ts.
 */
const layers: readonly (readonly string[])[] = [
  ['domain'],
  ['services/rules'],
  [
    'unusable-setting.ts',
    'provider-settings.ts',
    'secret-strength.ts',
    'config.ts',
    'data-dir.ts',
    'logger.ts',
  ],
  ['entities'],
  ['database'],
  ['auth'],
  ['pubsub'],
  ['services'],
  ['pipeline'],
  ['loaders'],
  ['schema'],
  ['resolvers'],
  ['transport/limits'],
  ['transport'],
  ['seed'],
  ['dev-database'],
  ['open-database.ts', 'closing.ts', 'start-problem.ts'],
  ['app.ts'],
  ['commands', 'server.ts'],
];

const root = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test('every file is in a layer, and every layer has files', () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => layerOf(file) === undefined)).toEqual([]);
  expect(layers.flat().filter((part) => !files.some((file) => isIn(part, file)))).toEqual([]);
});

test('no import points upwards, not even one of types alone', () => {
  expect(importsWhere((from, to) => levelOf(to) > levelOf(from))).toEqual([]);
});

test('no file imports itself through others', () => {
  expect(cyclesOf(imports)).toEqual([]);
});

test('the ground floor does no I/O', () => {
  const packages = new Set(['graphql', 'temporal-polyfill', 'uuid', 'zod']);
  expect(packagesIn('domain').filter((name) => !packages.has(name))).toEqual([]);
});

test('the rules depend on their arguments alone', () => {
  const packages = new Set(['lru-cache', 'zod']);
  expect(packagesIn('services/rules').filter((name) => !packages.has(name))).toEqual([]);
  const impure =
    /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bprocess\.|\bset(?:Timeout|Interval)\b/;
  expect(filesIn('services/rules').filter((file) => impure.test(read(file)))).toEqual([]);
});

test('a name stands for one type, or for an entity and the GraphQL type that shows it', () => {
  const declared = files.flatMap((file) =>
    [...read(file).matchAll(/^(?:export )?(?:abstract )?(?:class|interface|type) (\w+)/gm)].map(
      ([, name = '']) => ({ name, folder: file.split('/')[0] }),
    ),
  );
  const shown = new Set(['entities', 'schema']);
  const folders = Map.groupBy(declared, ({ name }) => name);
  const twice = [...folders].filter(
    ([, all]) =>
      all.length > new Set(all.map(({ folder }) => folder)).size ||
      (all.length > 1 && !all.every(({ folder = '' }) => shown.has(folder))),
  );
  expect(twice.map(([name]) => name)).toEqual([]);
});

test('a cycle would be found', () => {
  const cyclic = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(cyclesOf(cyclic)).toEqual([['b', 'c', 'b']]);
});

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The imports of a file, including types and dynamic imports: paths, or names of packages. */
function specifiersOf(file: string): string[] {
  const statement = /^(?:import|export)\b[^;']*? from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...read(file).matchAll(statement)].map(
    ([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? '',
  );
}

function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(root, resolve(root, dirname(file), specifier)))
    .filter((path) => !path.startsWith('..'));
}

function filesIn(folder: string): string[] {
  return files.filter((file) => isIn(folder, file));
}

function packagesIn(folder: string): string[] {
  return filesIn(folder)
    .flatMap(specifiersOf)
    .filter((specifier) => !specifier.startsWith('.'));
}

function isIn(part: string, file: string): boolean {
  return file === part || file.startsWith(`${part}/`);
}

/** The layer that matches most of the file's path: services/rules comes before services. */
function layerOf(file: string): number | undefined {
  const [part] = layers
    .flat()
    .filter((name) => isIn(name, file))
    .toSorted((one, other) => other.length - one.length);
  return part === undefined ? undefined : layers.findIndex((layer) => layer.includes(part));
}

function levelOf(file: string): number {
  const level = layerOf(file);
  if (level === undefined) throw new Error(`src/${file} is in no layer.`);
  return level;
}

function importsWhere(isWrong: (from: string, to: string) => boolean): string[] {
  return [...imports].flatMap(([from, targets]) =>
    targets.filter((to) => isWrong(from, to)).map((to) => `${from} → ${to}`),
  );
}

/** The first cycle met by a walk from each file, as the files along it. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const walk = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) walk(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) walk(file);
  return cycles;
}
