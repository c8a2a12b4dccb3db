/**
 * Holding an update that is under way. Swarm has no call for it: `paused` is a state that it takes when tasks fail. But it
 * waits for `UpdateConfig.Delay` after each task, and a changed delay replaces no finished one. Pure.
 *
 * Measured with 20.10 and 28, five tasks, parallelism 1, twice each: the task that was being replaced came to its end, at most
 * one more followed, and nothing more in 15 s. A task of the old version that died meanwhile started again in the new one.
 */

/** Ten years, in nanoseconds. */
const PAUSE_DELAY = 315_360_000_000_000_000;

interface UpdateParts {
  readonly UpdateConfig?: { readonly Delay?: number };
}

export function isPaused(spec: UpdateParts): boolean {
  return isPauseDelay(spec.UpdateConfig?.Delay);
}

/** @param delay in nanoseconds */
export function isPauseDelay(delay: number | undefined): boolean {
  return delay === PAUSE_DELAY;
}

/** @param spec of a service whose update is under way, as the manager gave it */
export function pausedSpec(spec: UpdateParts): object {
  const { UpdateConfig: rules } = spec;
  return { ...spec, UpdateConfig: { ...rules, Parallelism: 1, Delay: PAUSE_DELAY } };
}
