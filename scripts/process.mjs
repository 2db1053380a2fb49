/**
 * Child processes of the bootstrap, and the signals between it and them. Libraries that run processes would
 * have to be installed first.
 *
 * npm forwards SIGINT and SIGTERM to the script that it runs. A terminal, or a supervisor that signals the
 * whole process group, also reaches the script, npm and the server directly. So one stop can arrive here many
 * times: the first signal is forwarded, and the others only delay the end.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * How long the bootstrap stays after the last signal, in milliseconds. npm stops listening as soon as its
 * script has ended: the rest of a burst would then kill npm itself, and its exit code would no longer be 0.
 */
const QUIET = 300;

const stopSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} */
let stopSignal;
let lastSignalAt = 0;

/** A step that failed or was stopped. */
export class StepFailed extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Handles SIGINT, SIGTERM and SIGHUP from now on; called once, before any child is started. */
export function watchSignals() {
  for (const signal of stopSignals) {
    process.on(signal, () => {
      lastSignalAt = Date.now();
      if (stopSignal) return;
      // A server stops gracefully on SIGTERM; few programs do on a hangup.
      stopSignal = signal === 'SIGHUP' ? 'SIGTERM' : signal;
      for (const child of children) child.kill(stopSignal);
    });
  }
}

/** Whether a signal asked everything to stop. */
export function stopRequested() {
  return stopSignal !== undefined;
}

/** The exit code of a program that the received signal ended. */
export function interruptedCode() {
  return stopSignal ? 128 + constants.signals[stopSignal] : 0;
}

/** Whether an exit code means that one of the stop signals ended the program. @param {number} code */
export function endedByStop(code) {
  return stopRequested() && stopSignals.some((signal) => code === 128 + constants.signals[signal]);
}

/** Waits until no more signals of a burst are expected. */
export async function quietAfterSignals() {
  while (Date.now() - lastSignalAt < QUIET) {
    await new Promise((resolve) => setTimeout(resolve, QUIET - (Date.now() - lastSignalAt) + 1));
  }
}

/**
 * Runs a program to its end, with this process's input and output, and forwards signals to it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, 128 + n if a signal ended it; nothing is started after a stop
 */
export async function run(command, args, options = {}) {
  if (stopRequested()) return interruptedCode();
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  children.add(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } finally {
    children.delete(child);
  }
}

/** Stops the other children, if a command runs several and one of them has ended. */
export function stopChildren() {
  for (const child of children) child.kill('SIGTERM');
}
