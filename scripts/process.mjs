/**
 * Child processes of the bootstrap, and the signals between it and them. Libraries that run processes would have to be
 * installed first.
 *
 * npm hands SIGINT and SIGTERM on to the script that it runs; a terminal, or a supervisor that signals the whole
 * process group, reaches the script, npm and the server each by themselves. So one stop can arrive here many
 * times: the first is handed on, and the rest only put off the end.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How long after the last signal the bootstrap stays, milliseconds. npm stops listening as soon as its script has
 * ended: the rest of a burst would then kill npm itself, and its exit code would no longer be 0. */
const QUIET = 300;

const stopSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} */
let stopSignal;
let lastSignalAt = 0;

/** A step that ended other than well. */
export class StepFailed extends Error {
  /** @param {string} message @param {number} exitCode */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Take SIGINT, SIGTERM and SIGHUP from now on: called once, before any child is started. */
export function watchSignals() {
  for (const signal of stopSignals) {
    process.on(signal, () => {
      lastSignalAt = Date.now();
      if (stopSignal) return;
      // A server stops in an orderly way on SIGTERM; few programs do on a hangup.
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

/** Whether a program's exit code says that one of the signals which asked for the stop ended it. @param {number} code */
export function endedByStop(code) {
  return stopRequested() && stopSignals.some((signal) => code === 128 + constants.signals[signal]);
}

/** Wait until no further signal of a burst is to be expected. */
export async function quietAfterSignals() {
  while (Date.now() - lastSignalAt < QUIET) {
    await new Promise((resolve) => setTimeout(resolve, QUIET - (Date.now() - lastSignalAt) + 1));
  }
}

/**
 * Run a program to its end, with this process's input and output, and hand signals on to it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit code, 128 + n where a signal ended it; nothing is started after a stop
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

/** Stop the other children, for a command that runs several and of which one has ended. */
export function stopChildren() {
  for (const child of children) child.kill('SIGTERM');
}
