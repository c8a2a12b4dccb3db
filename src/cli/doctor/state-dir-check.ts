import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, reasonOf } from '../../core/thrown.js';
import { bad, type DoctorCheck, type Finding, ok, warn } from './finding.js';

/** The history, the largest of the files, may have 8 MB, and each is written beside the old one before it takes its place. */
const LEAST_BYTES = 33_554_432;

/** Whether the state directory takes what a node keeps there. What a node that runs could not write stands among its problems. */
export const stateDirCheck: DoctorCheck = {
  name: 'state-dir',
  look: async ({ config }) => {
    const directory = path.resolve(config.stateDir);
    const place = await nearestPlace(directory);
    return [await judge(directory, place)];
  },
};

async function judge(directory: string, place: string): Promise<Finding> {
  const what = place === directory ? directory : `${directory}, which is to be made in ${place},`;
  try {
    await access(place, constants.W_OK | constants.X_OK);
    const { bavail, bsize, files, ffree } = await statfs(place);
    const free = bavail * bsize;
    const said = `the disk of the state directory ${what} has ${Math.floor(free / 1_048_576)} MiB free`;
    const todo = 'make room there, or give the node another --state-dir';
    // Some file systems do not count their files.
    if (files > 0 && ffree === 0) return bad(`the disk of the state directory ${what} takes no further file`, todo);
    if (free === 0) return bad(`the disk of the state directory ${what} is full`, todo);
    return free < LEAST_BYTES ? warn(said, todo) : ok(said);
  } catch (error) {
    const text = `the state directory ${what} cannot be written: ${reasonOf(error)}`;
    const todo =
      'it has to belong to the user of the node; StateDirectory=autoproxy of a unit makes one, and a container needs a volume';
    // The node may be another user than that of this command.
    return codeOf(error) === 'EACCES' ? warn(text, todo) : bad(text, todo);
  }
}

/** The directory, or what is there of the way to it. */
async function nearestPlace(directory: string): Promise<string> {
  const parent = path.dirname(directory);
  if (parent === directory) return directory;
  try {
    await access(directory);
    return directory;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? nearestPlace(parent) : directory;
  }
}
