import { useSyncExternalStore } from 'react';

/** A value that outlives the components that show it. */
export interface State<T> {
  get(): T;
  set(next: T): void;
  /** Calls the listener after every change, until the returned function is called. */
  watch(listener: (now: T, before: T) => void): () => void;
}

export function createState<T>(initial: T): State<T> {
  const listeners = new Set<(now: T, before: T) => void>();
  let value = initial;
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      const before = value;
      value = next;
      for (const listener of listeners) listener(next, before);
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value; renders again whenever it changes. */
export function useWatched<T>(state: State<T>): T {
  return useSyncExternalStore(state.watch, state.get);
}
