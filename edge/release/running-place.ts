import { parseConfiguration } from '../syntax/configuration.js';
import type { Release } from './release.js';

/** Where a HAProxy has its sockets and the states of its servers. */
export interface RunningPlace {
  /** The folder of `admin.sock`, and of `master.sock` where `edge run` starts HAProxy. */
  readonly runDir: string;
  readonly stateFile: string;
}

const CONFIGURATION = 'haproxy.cfg';
const ADMIN_SOCKET = '/admin.sock';

/**
 * Read out of the release itself, so that HAProxy can be started and asked while the site can't be read.
 * @returns null for a release without either
 */
export function runningPlaceOf(release: Release | null): RunningPlace | null {
  const directives = parseConfiguration(release?.files.get(CONFIGURATION) ?? '');
  const socket = directives.find(([first, second]) => first === 'stats' && second === 'socket')?.[2];
  const stateFile = directives.find(([first]) => first === 'server-state-file')?.[1];
  if (socket === undefined || stateFile === undefined || !socket.endsWith(ADMIN_SOCKET)) return null;
  return { runDir: socket.slice(0, -ADMIN_SOCKET.length), stateFile };
}
