import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { codeOf, reasonOf } from '../../core/thrown.js';

/** For people: why the file could not be opened. Its folder is not made: the path may be mistyped, or a disk not mounted. */
export function openFailure(file: string, error: unknown): string {
  const folder = path.dirname(path.resolve(file));
  // A link that leads nowhere fails in the same way.
  const isFolderMissing = codeOf(error) === 'ENOENT' && !existsSync(folder);
  return isFolderMissing ? `there is no folder ${folder}; make it, or name another file` : reasonOf(error);
}

/** @returns why this user could not write the file; null: nothing is known against it */
export function fileProblem(file: string): string | null {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return `${file} is a directory`;
    accessSync(stats === undefined ? path.dirname(path.resolve(file)) : file, constants.W_OK);
    return null;
  } catch (error) {
    return openFailure(file, error);
  }
}
