import { afterEach, vi } from 'vitest';

/** Files share a process: what one has replaced must be itself again before the next one begins. */
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
