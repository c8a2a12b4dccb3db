import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { KeptFile } from '../core/kept-file.js';
import type { Log } from '../core/log.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile } from '../core/whole-file.js';

const FILE = 'node-secret';
const BYTES = 32;
const MAX_BYTES = 1_024;
const MODE = 0o600;

interface NodeSecretOptions {
  /** The state directory; null: there is none, and each start has another secret. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A secret of this node that outlives restarts, made at the first start. A deleted file makes the next start forget what
 * was derived from the secret.
 */
export class NodeSecret implements Saving {
  /** Hexadecimal. */
  readonly text: string;
  /** null: the secret is on the disk already, or is not kept. */
  readonly #file: KeptFile | null;

  /** Never rejects. */
  static async load({ directory, clock, log }: NodeSecretOptions): Promise<NodeSecret> {
    const fresh = randomBytes(BYTES).toString('hex');
    if (directory === null) return new NodeSecret(fresh, null);
    const file = path.join(directory, FILE);
    try {
      const known = await readSecret(file);
      if (known !== null && /^[0-9a-f]{64}$/.test(known)) return new NodeSecret(known, null);
      if (known !== null)
        log.warn({ file }, 'this file holds no valid secret; it is replaced, and sticky clients are bound anew');
    } catch (error) {
      // The secret in it may be good: another one in its place would bind all sticky clients anew for good.
      log.warn(
        { file, reason: reasonOf(error) },
        'reading the secret of this node failed: sticky clients are bound anew',
      );
      return new NodeSecret(fresh, null);
    }
    const kept = new KeptFile({
      file,
      mode: MODE,
      clock,
      log,
      failed: 'saving the secret of this node failed: sticky clients are bound anew after a restart; it is tried again',
      again: 'the secret of this node is on the disk',
    });
    kept.keep(() => `${fresh}\n`);
    await kept.flush();
    return new NodeSecret(fresh, kept);
  }

  constructor(text: string, file: KeptFile | null) {
    this.text = text;
    this.#file = file;
  }

  get unsaved(): UnsavedFile | null {
    return this.#file?.unsaved ?? null;
  }

  /** Writes what is not written yet, and no more then. */
  async end(): Promise<void> {
    await this.#file?.end();
  }
}

/** @returns null without a file. @throws what the file system says */
async function readSecret(file: string): Promise<string | null> {
  try {
    return (await readWholeFile(file, MAX_BYTES)).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
