import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';
import { Kind, parse } from 'graphql';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pageDir = join(root, 'graphiql');
const operationsDir = join(root, 'examples', 'operations');

/**
 * The page is served at /graphiql and refers to its files relative to that, so that a proxy may put both
 * below a path.
 */
const assetsUrl = 'graphiql/assets/';
const worthCompressing = new Set(['.js', '.css', '.svg', '.ttf']);

/**
 * Builds the GraphiQL page from graphiql/ and examples/operations/ into `outDir`: index.html, and in assets/
 * all that it loads, under names that change with the contents, each also compressed with brotli and gzip. At
 * the end, the whole previous content of `outDir` is replaced. Runs on Node 20 and later.
 *
 * @param {{ outDir: string }} options
 * @returns {Promise<{ files: number, bytes: number }>} what was written, not counting compressed copies
 * @throws if a source has an error, an operation differs from the name of its file, or Monaco's files have
 *   moved
 */
export async function buildGraphiql({ outDir }) {
  const operations = await readOperations();
  const workers = await bundle(workerOptions);
  const page = await bundle(pageOptions(operations, workerUrls(workers)));
  const icon = await readFile(join(pageDir, 'icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  const html = await renderHtml(page, iconName);
  const assets = new Map([...workers.files, ...withoutSpareStyles(page), [iconName, icon]]);
  await replaceDirectory(outDir, html, assets);
  return { files: assets.size + 1, bytes: [...assets.values()].reduce((sum, { length }) => sum + length, 0) };
}

const shared = {
  absWorkingDir: root,
  outdir: pageDir,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  metafile: true,
  write: false,
  logLevel: 'warning',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  // GraphiQL imports Prettier's parsers by their old names, which lead to scripts without named exports.
  alias: {
    'prettier/parser-babel': 'prettier/plugins/babel',
    'prettier/parser-graphql': 'prettier/plugins/graphql',
  },
  loader: { '.ttf': 'file', '.woff': 'file', '.graphql': 'text' },
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
};

/** Monaco's workers share most of their code. */
const workerOptions = {
  ...shared,
  entryPoints: {
    'worker-editor': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'worker-json': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'worker-graphql': 'monaco-graphql/esm/graphql.worker.js',
  },
};

function pageOptions(operations, workers) {
  return {
    ...shared,
    entryPoints: { page: join(pageDir, 'page.tsx') },
    define: { ...shared.define, WORKERS: JSON.stringify(workers) },
    plugins: [embedOperations(operations), onlyWhatIsNeeded(), fontsAsFiles()],
  };
}

/** @returns {Promise<{ files: Map<string, Uint8Array>, outputs: Map<string, object> }>} both by file name */
async function bundle(options) {
  const result = await build(options);
  const outputs = Object.entries(result.metafile.outputs).map(([path, output]) => [basename(path), output]);
  return {
    files: new Map(result.outputFiles.map(({ path, contents }) => [basename(path), contents])),
    outputs: new Map(outputs),
  };
}

/**
 * esbuild writes the styles of each lazily loaded part again, although those of the page include them all.
 */
function withoutSpareStyles({ files, outputs }) {
  const used = [...outputs.values()].filter(({ entryPoint }) => entryPoint?.endsWith('graphiql/page.tsx'));
  const styles = new Set(used.map(({ cssBundle }) => basename(cssBundle)));
  return [...files].filter(([name]) => !name.endsWith('.css') || styles.has(name));
}

function workerUrls({ outputs }) {
  const scripts = [...outputs.keys()].filter((name) => name.endsWith('.js'));
  const urlOf = (worker) => assetsUrl + scripts.find((name) => name.startsWith(`worker-${worker}-`));
  return { editor: urlOf('editor'), json: urlOf('json'), graphql: urlOf('graphql') };
}

/**
 * Reads the examples: one named operation in each file, named like the file, with JSON for its variables
 * beside it.
 */
async function readOperations() {
  const files = (await readdir(operationsDir)).sort();
  const names = files.filter((file) => file.endsWith('.graphql')).map((file) => basename(file, '.graphql'));
  const entries = names.map(async (name) => {
    const source = await readFile(join(operationsDir, `${name}.graphql`), 'utf8');
    const found = operationName(source);
    if (kebabCase(found) !== name)
      throw new Error(`examples/operations/${name}.graphql has the operation ${found}`);
    const hasVariables = files.includes(`${name}.json`);
    const variables = hasVariables ? await readFile(join(operationsDir, `${name}.json`), 'utf8') : null;
    if (variables) JSON.parse(variables);
    return [name, { source, variables }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function operationName(source) {
  const operations = parse(source).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return (
    (operations.length === 1 && operations[0].name?.value) || `${operations.length} operations or no name`
  );
}

function kebabCase(name) {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
}

function embedOperations(operations) {
  return {
    name: 'operations',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^questline:operations$/ }, ({ path }) => ({
        path,
        namespace: 'questline',
      }));
      esbuild.onLoad({ filter: /.*/, namespace: 'questline' }, () => ({
        contents: `export const operations = ${JSON.stringify(operations)};`,
      }));
    },
  };
}

/**
 * Replaces Monaco with one that lacks what GraphiQL never opens. If an update moves a replaced file, that is
 * an error; otherwise only the size of the page would show it.
 */
function onlyWhatIsNeeded() {
  const replaced = new Set();
  const replace = (file) => (found) => {
    replaced.add(basename(found.path, '.js'));
    return { path: join(pageDir, file) };
  };
  return {
    name: 'only-what-is-needed',
    setup(esbuild) {
      const wholeEditor = replace('editor.ts');
      esbuild.onResolve({ filter: /^monaco-graphql\/esm\/monaco-editor\.js$/ }, wholeEditor);
      esbuild.onResolve({ filter: /^\.\/monaco-editor$/ }, (found) =>
        found.importer.includes(`${sep}monaco-graphql${sep}`) ? wholeEditor(found) : null,
      );
      esbuild.onResolve(
        { filter: /\/(diffEditorWidget|multiDiffEditorWidget)\.js$/ },
        replace('no-diff-editor.ts'),
      );
      esbuild.onEnd(() => {
        const missing = ['monaco-editor', 'diffEditorWidget', 'multiDiffEditorWidget'].filter(
          (it) => !replaced.has(it),
        );
        return {
          errors: missing.map((it) => ({ text: `Nothing imports ${it} any more: see onlyWhatIsNeeded` })),
        };
      });
    },
  };
}

/**
 * GraphiQL's fonts are inlined in its CSS; as files, a browser loads only those for the alphabets that it
 * shows.
 */
function fontsAsFiles() {
  const fonts = new Map();
  const extract = (css) =>
    css.replaceAll(/url\(data:font\/(woff2?);base64,([^)]+)\)/g, (_, type, data) => {
      const name = `fira-code-${fonts.size}.${type}`;
      fonts.set(name, Buffer.from(data, 'base64'));
      return `url(font:${name})`;
    });
  return {
    name: 'fonts-as-files',
    setup(esbuild) {
      esbuild.onLoad({ filter: /fira-code\.css$/ }, async ({ path }) => ({
        contents: extract(await readFile(path, 'utf8')),
        loader: 'css',
      }));
      esbuild.onResolve({ filter: /^font:/ }, ({ path }) => ({
        path: path.slice('font:'.length),
        namespace: 'font',
      }));
      esbuild.onLoad({ filter: /.*/, namespace: 'font' }, ({ path }) => ({
        contents: fonts.get(path),
        loader: 'file',
      }));
    },
  };
}

/** The head of the page names all that is needed at once, so that the browser fetches it in parallel. */
async function renderHtml({ outputs, files }, iconName) {
  const [script, { cssBundle }] = [...outputs].find(([, { entryPoint }]) =>
    entryPoint?.endsWith('graphiql/page.tsx'),
  );
  const style = basename(cssBundle);
  const css = Buffer.from(files.get(style)).toString();
  const font = /url\("?\.\/([^)"]+)"?\)[^}]*unicode-range:U\+0000-00FF/i.exec(css)?.[1];
  if (!font) throw new Error('GraphiQL brings no font for Latin letters any more');
  const url = (name) => assetsUrl + name;
  const head = [
    `<link rel="icon" type="image/svg+xml" href="${url(iconName)}" />`,
    `<link rel="stylesheet" href="${url(style)}" />`,
    `<script type="module" src="${url(script)}"></script>`,
    `<link rel="preload" as="font" type="font/woff" crossorigin href="${url(font)}" />`,
    ...neededAtOnce(script, outputs).map((name) => `<link rel="modulepreload" href="${url(name)}" />`),
  ];
  const template = await readFile(join(pageDir, 'index.html'), 'utf8');
  return template.replace('<!-- assets -->', head.join('\n    '));
}

/** All that the script imports, directly or indirectly, except the formatter, which is loaded on demand. */
function neededAtOnce(script, outputs) {
  const needed = new Set([script]);
  for (const name of needed) {
    const imports = outputs
      .get(name)
      .imports.filter(({ external }) => !external)
      .map(({ path }) => basename(path));
    for (const path of imports) {
      if (path.endsWith('.js') && !/\/(prettier|graphql-ws)\//.test(outputs.get(path).entryPoint ?? ''))
        needed.add(path);
    }
  }
  needed.delete(script);
  return [...needed];
}

/** If a build fails, the last one stays as it was. */
async function replaceDirectory(outDir, html, assets) {
  const next = `${outDir}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(join(next, 'assets'), { recursive: true });
  await writeFile(join(next, 'index.html'), html);
  await Promise.all([...assets].map(([name, contents]) => writeAsset(join(next, 'assets', name), contents)));
  await rm(outDir, { recursive: true, force: true });
  await rename(next, outDir);
}

/** Writes a file and the compressed copies that @fastify/static looks for. */
async function writeAsset(path, contents) {
  await writeFile(path, contents);
  if (!worthCompressing.has(extname(path))) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(contents, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(contents, { level: 9 }));
}
