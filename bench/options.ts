import process from 'node:process';
import { parseArgs } from 'node:util';

/** Options that are whole numbers, by name, with their defaults. Ends the process if one is invalid. */
export function wholeNumbers<Name extends string>(
  args: readonly string[],
  standard: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(standard);
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options });
  const numbers: Record<Name, number> = { ...standard };
  for (const name in standard) {
    const given = values[name];
    if (typeof given !== 'string') continue;
    numbers[name] = Number(given);
    if (Number.isInteger(numbers[name]) && numbers[name] >= 0) continue;
    console.error(`--${name}: must be a whole number from 0.`);
    process.exit(1);
  }
  return numbers;
}
