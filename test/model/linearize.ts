import type { Step } from './commands.ts';
import type { World } from './world.ts';

/**
 * The worlds in which a batch may have ended: the final world of each order of its steps in which every client sees
 * what it really saw. Empty if there is no such order (linearizability: Herlihy and Wing, 1990).
 * @param outcomes what was really seen, by command
 */
export function worldsAfter(world: World, steps: readonly Step[][], outcomes: readonly string[]): World[] {
  const found = new Map<string, World>();
  const taken = steps.map(() => 0);
  const visit = (current: World): void => {
    let isDone = true;
    for (const [command, own] of steps.entries()) {
      const step = own[taken[command] ?? 0];
      if (step === undefined) continue;
      isDone = false;
      const next = structuredClone(current);
      const seen = step.run(next);
      if (seen !== undefined && seen !== outcomes[command]) continue;
      taken[command] = (taken[command] ?? 0) + 1;
      visit(next);
      taken[command] = (taken[command] ?? 0) - 1;
    }
    if (isDone) found.set(JSON.stringify(current), current);
  };
  visit(world);
  return [...found.values()];
}
