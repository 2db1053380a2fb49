import { afterEach, vi } from 'vitest';

/** Test files share a process: what one has replaced must be restored before the next one begins. */
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
