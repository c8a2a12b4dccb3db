/** Waiting for what no event tells: looks again with each turn of the event loop, and says what it waited for when it fails. */

const PATIENCE_MS = 10_000;

export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > until) throw new Error(`it never came true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Waits until a figure has stopped to change for a while. For figures that must stay below a bound: looking too early
 * makes such a test weaker, never wrong.
 */
export async function settledFigure(read: () => number): Promise<number> {
  let last = read();
  for (let calm = 0; calm < 10; calm += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    if (now !== last) calm = 0;
    last = now;
  }
  return last;
}
