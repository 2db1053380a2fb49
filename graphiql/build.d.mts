/** See build.mjs. */
export function buildGraphiql(options: { outDir: string }): Promise<{ files: number; bytes: number }>;
