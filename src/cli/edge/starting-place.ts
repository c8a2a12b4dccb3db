import path from 'node:path';
import { findMasters } from '../../../edge/haproxy/running-masters.js';
import { lastGoodRelease } from '../../../edge/release/last-good-release.js';
import { ReleaseDirectory } from '../../../edge/release/release-directory.js';
import { type RunningPlace, runningPlaceOf } from '../../../edge/release/running-place.js';
import type { Log } from '../../core/log.js';
import { CommandFailure } from '../exit-codes.js';
import type { InstallationOptionValues } from './installation.js';
import { readSite } from './rendering.js';

interface StartingOptions extends InstallationOptionValues {
  readonly site: string;
}

/**
 * Where the HAProxy of this machine is: as the site says. As the last good release has it while the site can't be read, and
 * while a HAProxy runs there: its sockets stay where they are, and a second one would bind the same ports.
 * @throws CommandFailure when the site can't be read and there is no release
 */
export async function startingPlace(options: StartingOptions, log: Log): Promise<RunningPlace> {
  const directory = new ReleaseDirectory(options.stateDir);
  const before = runningPlaceOf((await lastGoodRelease(directory)).release);
  try {
    const written = (await readSite(options.site)).running;
    const isMoved = options.masterSocket === undefined && before !== null && before.runDir !== written.runDir;
    return isMoved && (await isRunningAt(before, written, log)) ? before : written;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    // The loop reads the site next, and says what is wrong with it.
    if (before !== null) return before;
    const message = `${error.message}\n${directory.root} has no release that HAProxy could serve meanwhile`;
    throw new CommandFailure(message, error.hint);
  }
}

async function isRunningAt(before: RunningPlace, { runDir }: RunningPlace, log: Log): Promise<boolean> {
  const masterSocket = path.join(before.runDir, 'master.sock');
  const pids = await findMasters(masterSocket);
  if (pids.length === 0) return false;
  log.warn(
    {
      pids,
      masterSocket,
      runDir,
      hint: 'to move it to the run_dir of the site, stop edge run (TERM) and start it again',
    },
    'HAProxy runs at the run_dir that the site had before; it is taken over there',
  );
  return true;
}
