/** What build.mjs adds to the page. */

/** Every file of examples/operations, by its name without the extension, sorted by name. */
declare module 'questline:operations' {
  export const operations: Record<string, { source: string; variables: string | null }>;
}

declare module '*.graphql' {
  const source: string;
  export default source;
}

/** The paths of the built workers, relative to the page. */
declare const WORKERS: { editor: string; graphql: string; json: string };
