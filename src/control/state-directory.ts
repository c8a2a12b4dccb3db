import { mkdir } from 'node:fs/promises';
import { runDirectoryOf } from '../cluster/run-directory.js';
import { StateClaim, StateDirectoryHeld } from '../cluster/state-claim.js';
import type { Config } from '../config/config.js';
import type { Log } from '../core/log.js';

/** Where the node keeps what outlives it. */
export interface StateDirectory {
  /** null: nothing can be written there. */
  readonly path: string | null;
  /** null: it could not be locked. */
  readonly claim: StateClaim | null;
}

/**
 * Makes the state directory and locks it. A node without a place to write, or without a lock, serves all the same: it
 * forgets more at its end.
 * @throws StateDirectoryHeld when another node has it: two would lose each other's decisions
 */
export async function openStateDirectory(config: Config, log: Log): Promise<StateDirectory> {
  const { stateDir, node, admin } = config;
  try {
    await mkdir(stateDir, { recursive: true });
  } catch (error) {
    log.warn(
      { directory: stateDir, reason: reasonOf(error) },
      'nothing will be kept over a restart; give --state-dir a writable directory',
    );
    return { path: null, claim: null };
  }
  const host = admin.host.includes(':') ? `[${admin.host}]` : admin.host;
  const holder = { pid: process.pid, node, admin: `${host}:${admin.port}` };
  try {
    const claim = await StateClaim.take({ stateDirectory: stateDir, runDirectory: runDirectoryOf(stateDir), holder });
    return { path: stateDir, claim };
  } catch (error) {
    if (error instanceof StateDirectoryHeld) throw error;
    log.warn(
      { directory: stateDir, reason: reasonOf(error) },
      'locking the state directory failed: a second node that uses it will not be noticed',
    );
    return { path: stateDir, claim: null };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
