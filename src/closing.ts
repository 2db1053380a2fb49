/**
 * Closes each part once, the last first, whatever happens to the others.
 * @param patience in ms, after which `giveUp` ends what they may be waiting for
 * @returns a function that closes them: each call returns the same promise
 */
export function closeOnce(
  parts: AsyncDisposableStack,
  patience: number,
  giveUp: () => void,
): () => Promise<void> {
  let closed: Promise<void> | undefined;
  const close = async () => {
    const late = setTimeout(giveUp, patience);
    await parts.disposeAsync().finally(() => clearTimeout(late));
  };
  return () => {
    closed ??= close();
    return closed;
  };
}

/** Closes one part of a stack. */
export function closePart(part: { close(): Promise<void> | void }): Promise<void> | void {
  return part.close();
}
