import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { replaceFile } from '../core/durable-file.js';
import type { Log } from '../core/log.js';
import { readWholeFile } from '../core/whole-file.js';

const FILE = 'node-secret';
const BYTES = 32;
const MAX_BYTES = 1_024;
const MODE = 0o600;

/**
 * A secret of this node that outlives restarts, as hexadecimal text; made at the first start. Whoever deletes the file
 * makes the next start forget what was derived from it.
 * @param directory null: there is none, and each start has another secret
 */
export async function loadNodeSecret(directory: string | null, log: Log): Promise<string> {
  const fresh = randomBytes(BYTES).toString('hex');
  if (directory === null) return fresh;
  const file = path.join(directory, FILE);
  try {
    const text = await readWholeFile(file, MAX_BYTES).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    const known = text?.trim() ?? null;
    if (known !== null && /^[0-9a-f]{64}$/.test(known)) return known;
    if (known !== null)
      log.warn({ file }, 'this file holds no valid secret; it is replaced, and sticky clients are bound anew');
    await replaceFile(file, `${fresh}\n`, MODE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ file, reason }, 'saving the secret of this node failed: sticky clients are bound anew after a restart');
  }
  return fresh;
}
