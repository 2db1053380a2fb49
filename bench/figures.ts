/** A summary of many measurements, in ms. */
export interface Figures {
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @param measurements in any order, at least one */
export function figuresOf(measurements: readonly number[]): Figures {
  const sorted = measurements.toSorted((one, other) => one - other);
  // The nearest rank, which is always a measured value.
  const at = (share: number) => sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** One line for each row, below the names of the figures. */
export function table(rows: Readonly<Record<string, Figures>>): string {
  const names = ['median', 'p95', 'p99', 'max'] as const;
  const width = Math.max(...Object.keys(rows).map((label) => label.length));
  const line = (label: string, cells: readonly string[]) =>
    `  ${label.padEnd(width)}${cells.map((cell) => cell.padStart(9)).join('')}`;
  const lines = Object.entries(rows).map(([label, figures]) =>
    line(
      label,
      names.map((name) => figures[name].toFixed(1)),
    ),
  );
  return [line('', names), ...lines].join('\n');
}
