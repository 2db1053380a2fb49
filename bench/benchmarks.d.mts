/** See benchmarks.mjs. */
export interface Benchmark {
  readonly summary: string;
  readonly options?: Readonly<Record<string, readonly [number, string]>>;
  readonly parts?: readonly string[];
}
export const benchmarks: Readonly<Record<string, Benchmark>>;
export function splitArguments(args: readonly string[]): [name: string, rest: string[]];
export function problemOf(args: readonly string[]): string | undefined;
export function benchmarkRows(): (readonly [string, string])[];
