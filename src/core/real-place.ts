import { readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * Whether an open file lies in another directory than it was found in: a symbolic link led out of it. Asked of the
 * descriptor, so that nobody can exchange the link between the question and the reading. Links within the directory, as
 * `..data` of Kubernetes, lead nowhere else.
 * @param file how it was opened; asked where the system does not tell the place of a descriptor
 */
export function isElsewhere(descriptor: number, file: string, directory: string): boolean {
  try {
    return !placeOf(descriptor, file).startsWith(`${realpathSync(directory)}${path.sep}`);
  } catch {
    // It is gone by now, and so is what could be said about it.
    return true;
  }
}

function placeOf(descriptor: number, file: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return realpathSync(file);
  }
}
