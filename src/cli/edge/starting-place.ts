import { lastGoodRelease } from '../../../edge/release/last-good-release.js';
import type { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import { type RunningPlace, runningPlaceOf } from '../../../edge/release/running-place.js';
import { CommandFailure } from '../exit-codes.js';
import { readSite } from './rendering.js';

/**
 * Where the HAProxy of this machine is: as the site says, else, while the site can't be read, as the last release has it.
 * @throws CommandFailure when the site can't be read and there is no release
 */
export async function startingPlace(siteFile: string, directory: ReleaseDirectory): Promise<RunningPlace> {
  try {
    return (await readSite(siteFile)).running;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const place = runningPlaceOf((await lastGoodRelease(directory)).release);
    // The loop reads the site next, and says what is wrong with it.
    if (place !== null) return place;
    const message = `${error.message}\n${directory.root} has no release that HAProxy could serve meanwhile`;
    throw new CommandFailure(message, error.hint);
  }
}
