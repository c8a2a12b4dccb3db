import { fileURLToPath } from 'node:url';
import { readWholeFileSync } from '../../core/whole-file.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Where the build puts them, each under the name of its shell. */
export const SCRIPTS_FOLDER = new URL('scripts/', import.meta.url);

const MAX_SCRIPT_BYTES = 1_048_576;

export function readScript(shell: Shell): string {
  return readWholeFileSync(fileURLToPath(new URL(shell, SCRIPTS_FOLDER)), MAX_SCRIPT_BYTES);
}
