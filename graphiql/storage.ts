import { withoutSecrets } from './secrets.ts';

const prefix = 'questline:';

/**
 * The browser's storage under a prefix of our own, since many things are served from localhost. Tabs and
 * history stay there after the visit, so passwords and tokens typed into them are left out.
 */
export const storage = {
  getItem: (name: string): string | null => localStorage.getItem(prefix + name),
  setItem: (name: string, value: string): void => localStorage.setItem(prefix + name, withoutSecrets(value)),
  removeItem: (name: string): void => localStorage.removeItem(prefix + name),
  clear(): void {
    for (const name of ownNames()) localStorage.removeItem(name);
  },
  get length(): number {
    return ownNames().length;
  },
};

/**
 * How GraphiQL divides the page until its bars are dragged: the panel narrow, the editor wider than the
 * answer.
 */
export function divideRoom(): void {
  const divisions = { 'graphiql:docExplorerFlex': '0.33', 'graphiql:editorFlex': '1.6' };
  for (const [name, flex] of Object.entries(divisions)) {
    if (storage.getItem(name) === null) storage.setItem(name, flex);
  }
}

function ownNames(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
}
