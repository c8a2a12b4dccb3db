import path from 'node:path';
import { findMasters } from '../../../edge/haproxy/processes.js';
import { lastGoodRelease } from '../../../edge/release/last-good-release.js';
import { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import { type RunningPlace, runningPlaceOf } from '../../../edge/release/running-place.js';
import { CommandFailure } from '../exit-codes.js';
import type { InstallationOptionValues } from './installation-options.js';
import { readSite } from './rendering.js';

interface StartingOptions extends InstallationOptionValues {
  readonly site: string;
}

interface StartingPlace {
  readonly place: RunningPlace;
  /** A HAProxy that runs where the site had it before; null: none does. */
  readonly moved: MovedPlace | null;
}

interface MovedPlace {
  readonly pids: readonly number[];
  readonly masterSocket: string;
  /** As the site says now. */
  readonly runDir: string;
}

/**
 * Where the HAProxy of this machine is: as the site says. As the last good release has it while the site can't be read, and
 * while a HAProxy runs there: its sockets stay where they are, and a second one would bind the same ports.
 * @throws CommandFailure when the site is unreadable and no release exists
 */
export async function startingPlace(options: StartingOptions): Promise<StartingPlace> {
  const directory = new ReleaseDirectory(options.stateDir);
  const before = runningPlaceOf((await lastGoodRelease(directory)).release);
  try {
    const written = (await readSite(options.site)).running;
    const isMoved = options.masterSocket === undefined && before !== null && before.runDir !== written.runDir;
    if (!isMoved) return { place: written, moved: null };
    const masterSocket = path.join(before.runDir, 'master.sock');
    const pids = await findMasters(masterSocket);
    if (pids.length === 0) return { place: written, moved: null };
    return { place: before, moved: { pids, masterSocket, runDir: written.runDir } };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    // The site is read next, and what is wrong with it is said then.
    if (before !== null) return { place: before, moved: null };
    const message = `${error.message}\n${directory.root} has no release that HAProxy could serve meanwhile`;
    throw new CommandFailure(message, error.hint);
  }
}
