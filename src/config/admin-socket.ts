/** Where the admin socket of a node is: the node listens there, and commands look there. */
import path from 'node:path';
import type { Config } from './config.js';

/** The word that turns it off. */
const NONE = 'none';
const DEFAULT_NAME = 'admin.sock';

interface AdminSocket {
  readonly path: string;
  /** Nobody named it. */
  readonly isDefault: boolean;
}

/** @returns null where there is to be none */
export function adminSocketOf({ adminSocket, stateDir }: Pick<Config, 'adminSocket' | 'stateDir'>): AdminSocket | null {
  if (adminSocket === NONE) return null;
  if (adminSocket === null) return { path: path.join(stateDir, DEFAULT_NAME), isDefault: true };
  return { path: adminSocket, isDefault: false };
}
