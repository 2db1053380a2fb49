/** What build.mjs adds to the page. */

/** Every file of examples/operations, by its name without the ending, in the order of the names. */
declare module 'questline:operations' {
  export const operations: Record<string, { source: string; variables: string | null }>;
}

declare module '*.graphql' {
  const source: string;
  export default source;
}

/** Where the built workers lie, relative to the page. */
declare const WORKERS: { editor: string; graphql: string; json: string };
