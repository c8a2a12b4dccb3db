/** Waiting for what no event tells: looks again and again, and says what it waited for when it fails. */

/** A limit for what never comes, not for how soon it comes: a busy machine needs ten seconds for what takes one. */
const PATIENCE_MS = 30_000;
/**
 * It looks again after a tenth of the time that it has waited: a program that is asked each millisecond spends a core
 * on its answers, and becomes ready the later.
 */
const LOOK_AGAIN_SHARE = 0.1;
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 25;

export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const begin = performance.now();
  while (!(await isSo())) {
    const waitedMs = performance.now() - begin;
    if (waitedMs > patienceMs) throw new Error(`it never came true that ${what}`);
    const pauseMs = Math.min(Math.max(waitedMs * LOOK_AGAIN_SHARE, MIN_PAUSE_MS), MAX_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
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
