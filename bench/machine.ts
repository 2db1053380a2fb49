import { cpus, loadavg } from 'node:os';
import process from 'node:process';

/** The machine that the benchmark runs on. */
export function machine(): string {
  const [first] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `Node.js ${process.versions.node}, ${cpus().length} × ${first?.model.trim()}, load before the start ${load}`;
}
