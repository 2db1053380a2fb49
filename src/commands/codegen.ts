import 'reflect-metadata';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generate, loadContext } from '@graphql-codegen/cli';
import { getOperationAST, parse, print } from 'graphql';
import { resolverClasses } from '../resolvers/index.ts';
import { buildSchema, printSorted } from '../schema/build-schema.ts';
import { hashOf } from '../transport/known-documents.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schemaFile = 'schema.graphql';
const manifestFile = 'trusted-documents.json';
const operationsDir = 'examples/operations';

interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Writes `schema.graphql`, typed operations and the manifest; with `--check` it only says what is out of date. */
async function main(checkOnly: boolean): Promise<void> {
  process.chdir(root);
  const stale: string[] = [];
  const keep = async (file: GeneratedFile) => {
    if ((await contentOf(file.path)) === file.content) return;
    stale.push(file.path);
    if (!checkOnly) await writeFile(file.path, file.content);
  };
  await keep({ path: schemaFile, content: emitSchema() });
  for (const file of await typedOperations()) await keep(file);
  await keep({ path: manifestFile, content: await manifest() });
  for (const path of stale) console.log(checkOnly ? `${path} is out of date.` : `${path} was written.`);
  if (checkOnly && stale.length > 0) process.exitCode = 1;
}

function emitSchema(): string {
  return printSorted(
    buildSchema(resolverClasses, () => {
      throw new Error('A schema that is printed is not executed.');
    }),
  );
}

async function typedOperations(): Promise<GeneratedFile[]> {
  const context = await loadContext('codegen.yml');
  context.updateConfig({ silent: true, noSilentErrors: true });
  const files: { filename: string; content: string }[] = await generate(context, false);
  return files.map(({ filename, content }) => ({ path: filename, content: `${content.trimEnd()}\n` }));
}

/** The manifest: the example operations by their SHA-256. A server can be set to execute nothing else. */
async function manifest(): Promise<string> {
  const files = (await readdir(operationsDir)).filter((file) => file.endsWith('.graphql')).sort();
  const operations = files.map(async (file) => {
    const document = parse(await readFile(join(operationsDir, file), 'utf8'));
    const body = print(document);
    const operation = getOperationAST(document);
    return {
      id: hashOf(body),
      name: operation?.name?.value ?? basename(file, '.graphql'),
      type: operation?.operation,
      body,
    };
  });
  const format = { format: 'apollo-persisted-query-manifest', version: 1 };
  return `${JSON.stringify({ ...format, operations: await Promise.all(operations) }, null, 2)}\n`;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

await main(process.argv.includes('--check'));
