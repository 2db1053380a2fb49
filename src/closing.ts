/**
 * Closes each part once, the last first, whatever becomes of the others.
 * @param patience ms, after which `giveUp` ends what they may be waiting for
 * @returns what closes them: each call gives the same promise
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

/** For a stack of parts. */
export function closePart(part: { close(): Promise<void> | void }): Promise<void> | void {
  return part.close();
}
