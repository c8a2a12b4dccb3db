/** Who writes, for the history of an app. */
import { hostname, userInfo } from 'node:os';

/** `ops@host-1`; behind sudo the person, not root. */
export function authorFrom({ SUDO_USER: person = '' }: NodeJS.ProcessEnv): string {
  return `${person === '' ? userName() : person}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user may have an id and no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
