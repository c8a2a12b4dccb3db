import type { Release } from './release.js';
import type { ReleaseDirectory } from './release-directory.js';

interface LastGood {
  /** null: there is none. */
  readonly release: Release | null;
  /** What is wrong with the current release, and what stands in for it; null: it is intact, or nothing was ever current. */
  readonly damage: string | null;
}

/**
 * The current release; if it was changed by hand, lost a file or lost its link, the newest intact one that HAProxy has run.
 * Apps, certificates and nodes that are at fault now serve on as they stand there.
 */
export async function lastGoodRelease(directory: ReleaseDirectory): Promise<LastGood> {
  const current = await directory.current();
  const intact = current === null ? null : await directory.read(current);
  if (intact !== null) return { release: intact, damage: null };
  const release = await newestIntact(directory, current);
  if (current === null && release === null) return { release: null, damage: null };
  const what =
    current === null
      ? `${directory.root} has no link to a current release`
      : `release ${current} is not what it was: a file in ${directory.folderOf(current)} was changed or lost`;
  return {
    release,
    damage: `${what}; ${release === null ? 'no other release is intact' : `release ${release.id} stands in for it`}`,
  };
}

/** @param except an id that does not count. @returns the newest intact release that HAProxy is known to have run */
export async function newestIntact(directory: ReleaseDirectory, except: string | null): Promise<Release | null> {
  for (const id of await directory.hasRun()) {
    const release = id === except ? null : await directory.read(id);
    if (release !== null) return release;
  }
  return null;
}

/**
 * Points `current` to the last good release if what it points to is damaged or lost.
 * @returns what was wrong; null: nothing was, or nothing else is there
 */
export async function mendCurrent(directory: ReleaseDirectory): Promise<string | null> {
  const { release, damage } = await lastGoodRelease(directory);
  if (damage === null || release === null) return null;
  await switchAway(directory, release);
  return damage;
}

/**
 * HAProxy does not start over this release: points `current` to the last one that HAProxy has run.
 * @returns its id; null when HAProxy has run this one, so that the fault is elsewhere, or when there is no other
 */
export async function leaveFailed(directory: ReleaseDirectory, failed: string): Promise<string | null> {
  const [lastRun] = await directory.hasRun();
  if (lastRun === undefined || lastRun === failed || (await directory.current()) !== failed) return null;
  const release = await newestIntact(directory, failed);
  if (release === null) return null;
  await switchAway(directory, release);
  return release.id;
}

async function switchAway(directory: ReleaseDirectory, { id }: Release): Promise<void> {
  await directory.noteApplied(null);
  await directory.switchTo(id);
}
