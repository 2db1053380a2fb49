/**
 * Every command of the project, with the text that `--help` prints. The table in README.md lists the same
 * commands. What a command does is in `run.mjs`; the scripts in package.json have the same names. Libraries
 * for command lines print help too, but this `--help` works on a fresh clone, before anything is installed.
 */
import { benchmarkRows } from '../bench/benchmarks.mjs';

/**
 * @typedef {object} Command
 * @property {string} name what follows `npm run`
 * @property {string} summary one line
 * @property {string} usage the line to type
 * @property {ReadonlyArray<readonly [string, string]>} [options]
 * @property {string} [details]
 * @property {true} [bare] whether it takes no arguments
 */

/** @type {readonly Command[]} */
export const commands = [
  {
    name: 'start',
    bare: true,
    summary: 'Serve the API: installs and builds what is missing, then runs on Node 24.',
    usage: 'npm start',
    details: [
      'Without DATABASE_URL it starts a real PostgreSQL of its own, with its data in DATA_DIR (.data);',
      'without REDIS_URL one process serves alone. The settings are in .env.example.',
      'SIGTERM and SIGINT stop it in an orderly way, with exit code 0.',
    ].join('\n'),
  },
  {
    name: 'test',
    summary: 'Run the tests against a real PostgreSQL and a real Redis.',
    usage: 'npm test -- [file …] [options of Vitest]',
    options: [
      ['test/quest.test.ts', 'only the tests of this file'],
      ["-t '50 claims'", 'only the tests whose name contains this'],
    ],
    details: 'Redis is REDIS_URL, or a redis-server from the PATH on a free port, or one that it installs.',
  },
  {
    name: 'test:fuzz',
    summary:
      'Send random and mutated requests and messages; none may fail inside, and both transports must agree.',
    usage: 'npm run test:fuzz -- [options]',
    options: [
      ['--cases 100000', 'how many; npm test sends 2,000'],
      ['--seed 7', 'repeats the run that printed this seed'],
    ],
  },
  {
    name: 'test:model',
    summary: 'Run random concurrent actions of several people, and compare the results with a model.',
    usage: 'npm run test:model -- [options]',
    options: [
      ['--runs 1000', 'how many, of 30 commands each; npm test has 40'],
      ['--seed 7', 'repeats the run that printed this seed'],
    ],
  },
  {
    name: 'test:long',
    bare: true,
    summary:
      'Kill and cut off processes for minutes: no event is lost, no purchase made twice, no read stale.',
    usage: 'npm run test:long',
    details: 'npm test does the same for seconds.',
  },
  {
    name: 'check',
    bare: true,
    summary: 'All gates, the same as CI: format and lint, types, generated files, tests, build.',
    usage: 'npm run check',
    details: 'Stops at the first gate that fails, and says which.',
  },
  {
    name: 'dev',
    bare: true,
    summary: 'Serve the API, and compile and restart on every change.',
    usage: 'npm run dev',
  },
  {
    name: 'build',
    bare: true,
    summary: 'Compile src/ and bundle GraphiQL into dist/, even if nothing has changed.',
    usage: 'npm run build',
  },
  {
    name: 'codegen',
    summary: 'Write schema.graphql and the typed operations of the tests from the code.',
    usage: 'npm run codegen -- [--check]',
    options: [['--check', 'write nothing; fail if a file is out of date']],
  },
  {
    name: 'db:migrate',
    bare: true,
    summary: 'Migrate the database to the newest schema.',
    usage: 'npm run db:migrate',
  },
  {
    name: 'db:seed',
    bare: true,
    summary:
      'Write the demo data if there is no account yet: accounts, quests, products, posts, collections.',
    usage: 'npm run db:seed',
    details: 'In production only with SEED_DEMO=true, because everybody knows the password of the accounts.',
  },
  {
    name: 'db:reset',
    summary: 'Drop everything in the database and create it again. All data is lost.',
    usage: 'npm run db:reset -- [options]',
    options: [['--yes', 'in production too']],
    details: 'Migrates, and seeds if SEED_DEMO says so. Restart the servers that use it.',
  },
  {
    name: 'bench',
    summary: 'Measure something on a server of its own.',
    usage: 'npm run bench -- [benchmark] [options]',
    options: benchmarkRows(),
    details: [
      'The numbers are the defaults of the options. If no benchmark is named, latency is measured.',
      'For meaningful figures, run nothing else on the machine.',
      'Exit code 1 means that a promise was not kept, or that a name is unknown.',
    ].join('\n'),
  },
  {
    name: 'user:create',
    summary: 'Create an account of any role, such as the first admin.',
    usage: 'npm run user:create -- --email … --username … --role ADMIN',
    options: [
      ['--email', 'its e-mail address'],
      ['--username', 'its username'],
      ['--role', 'USER, SERVICE or ADMIN; left out, USER'],
      ['--display-name', 'left out, the username'],
      ['--time-zone', 'such as Europe/Lisbon; left out, UTC'],
    ],
    details: 'The password is asked for on a terminal; otherwise it is the first line of standard input.',
  },
];

/** @param {string | undefined} name */
export function findCommand(name) {
  return commands.find((command) => command.name === name);
}

/** The help of one command. @param {Command} command */
export function help(command) {
  const lines = [command.summary, '', `  ${command.usage}`];
  if (command.options) lines.push('', ...columns(command.options));
  if (command.details) lines.push('', command.details);
  return lines.join('\n');
}

/** One line for each command. */
export function overview() {
  return [
    'Commands (each has --help):',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
  ].join('\n');
}

/** @param {ReadonlyArray<readonly [string, string]>} rows */
function columns(rows) {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
