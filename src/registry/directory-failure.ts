/** What a file system says, in the words of the registry: which one, that nothing was written, and what to do. */
import { codeOf, reasonOf } from '../core/thrown.js';
import { RegistryFailure } from './registry.js';

interface Words {
  readonly why: string;
  readonly hint: string;
}

/**
 * Runs what writes `file` of the registry at `place`.
 * @throws RegistryFailure for what the file system says; all else as it is
 */
export async function writing<T>(place: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeFailure(place, file, error);
  }
}

/** @returns what has no code of the system as it is */
export function writeFailure(place: string, file: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === '' || error instanceof RegistryFailure) return error;
  const { why, hint } = writeWords(place, code, error);
  return new RegistryFailure(`${why}: nothing was written to ${file}`, hint, error);
}

function writeWords(place: string, code: string, error: unknown): Words {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        why: code === 'ENOSPC' ? `the registry ${place} is full` : `the quota of the registry ${place} is used up`,
        hint: `make room (df ${place} and df -i ${place} show it), then run the command again`,
      };
    case 'EROFS':
      return {
        why: `the registry ${place} is read-only`,
        hint: 'mount it writable, or run the command where it is writable',
      };
    case 'EACCES':
    case 'EPERM':
      return { why: `this user may not write to the registry ${place}`, hint: 'run the command as a user who may' };
    case 'ENOTDIR':
    case 'EEXIST':
      return {
        why: `the registry ${place} has a file where a directory belongs`,
        hint: 'name a directory: --registry DIR; its parts slots, freed and history are directories too',
      };
    default:
      return { why: `the registry ${place}: ${reasonOf(error)}`, hint: 'check the disk of the registry' };
  }
}

/** @param file `place`, or a part of it */
export function readFailure(place: string, file: string, error: unknown): RegistryFailure {
  const code = codeOf(error);
  if (code === 'ENOTDIR') {
    const [message, hint] =
      file === place
        ? [`the registry ${place} is a file, or below one`, 'name a directory: --registry DIR']
        : [`${file} of the registry ${place} is not in a directory`, 'a file stands in its place: move that away'];
    return new RegistryFailure(message, hint, error);
  }
  const message =
    code === 'EACCES' || code === 'EPERM'
      ? `this user may not read ${file === place ? 'the registry' : 'all of the registry'} ${place}: ${file}`
      : `${file}: ${reasonOf(error)}`;
  return new RegistryFailure(message, 'run the command as a user who may read it', error);
}
