import type { Log } from '../../src/core/log.js';
import type { Applier } from '../apply/apply.js';
import { lastGoodRelease } from '../release/last-good-release.js';
import type { ReleaseDirectory } from '../release/release-directory.js';

interface StartParts {
  readonly directory: ReleaseDirectory;
  readonly applier: Applier;
  readonly log: Log;
}

/**
 * Makes sure that `current` is a release that HAProxy can be started over: not a damaged one, and not one over which it just
 * failed to start if it ran another one before.
 * @param failed id of the release over which HAProxy ended before it served; null: the last start went well
 * @returns the id of the current release; null: there is none
 */
export async function startableRelease(
  { directory, applier, log }: StartParts,
  failed: string | null,
): Promise<string | null> {
  // Looked at first without waiting for a step of the loop: a start has no time, and a release is seldom damaged.
  if ((await lastGoodRelease(directory)).damage !== null) {
    const damage = await applier.mendCurrent();
    if (damage !== null) log.error({ reason: damage }, 'HAProxy starts over the last good release');
  }
  const lastGood = failed === null ? null : await applier.leaveFailed(failed);
  if (lastGood !== null)
    log.error(
      { release: failed, lastGood, hint: 'HAProxy says above what is wrong; change the site or the definitions' },
      'HAProxy does not start over the current release; it starts over the last one that it ran',
    );
  return directory.current();
}
