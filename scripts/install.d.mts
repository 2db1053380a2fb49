/** See install.mjs. */
export function ensureInstalled(folder?: string): Promise<void>;
