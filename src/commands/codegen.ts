import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generate, loadContext } from '@graphql-codegen/cli';
import { resolverClasses } from '../resolvers/index.ts';
import { buildSchema, printSorted } from '../schema/build-schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schemaFile = 'schema.graphql';

interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Writes `schema.graphql` and the typed operations; with `--check` it writes nothing and says what is not up to date. */
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
  for (const path of stale)
    console.log(checkOnly ? `${path} is not what the code gives.` : `${path} was written.`);
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

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

await main(process.argv.includes('--check'));
