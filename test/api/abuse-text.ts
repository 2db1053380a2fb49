/** `count` texts after one another, each made from its number. */
export function many(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(' ');
}

/** Nests selections: `around` puts each into the next, and the innermost is `core`. */
export function nested(
  depth: number,
  core: string,
  around: (inner: string, level: number) => string,
): string {
  let text = core;
  for (let level = depth; level > 0; level--) text = around(text, level);
  return text;
}

/** A length that takes up nearly all of a WebSocket message. */
export const long = 60_000;
