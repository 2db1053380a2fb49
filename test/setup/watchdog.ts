import { spawn } from 'node:child_process';

/** Waits for the end of its input, which comes when this process ends for any reason. */
const script = `
cat > /dev/null
# The test files' own processes end by the same cause, and may be just about to start a server.
sleep 1
find "$1" -name postmaster.pid -o -name redis.pid | while read -r file; do
  pid=$(head -n 1 "$file")
  kill -INT "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
done
rm -rf "$1"
`;

/**
 * Stops the servers whose files are below a folder and removes the folder, if this process ends without doing so:
 * Vitest runs no teardown on SIGINT and SIGTERM, and nothing runs on SIGKILL.
 */
export function startWatchdog(folder: string): Disposable {
  const child = spawn('/bin/sh', ['-c', script, 'watchdog', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
