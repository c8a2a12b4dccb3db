/** The app image as an engine keeps it: to copy it takes a tenth of the processor time of an import. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OwnMachine } from '../machine/own-machine.js';
import type { DockerVersion } from './docker-versions.js';

const CACHE = fileURLToPath(new URL('../../../../.cache', import.meta.url));
/** Of an engine's data: images and their layers. Containers, networks and volumes stand elsewhere. */
const FOLDERS = ['image', 'overlay2'];
const MAX_READ_BYTES = 100_000;

export class KeptLayers {
  readonly #family: string;
  readonly #folder: string;
  readonly #machine: OwnMachine;
  readonly #data: string;

  /**
   * @param files what the image is made of: it is another one when one of them has changed
   * @param data the engine's folder on the machine
   */
  constructor(version: DockerVersion, files: readonly string[], machine: OwnMachine, data: string) {
    const hash = createHash('sha256');
    for (const file of files) hash.update(signOf(file));
    this.#family = `docker-app-${version}-`;
    this.#folder = path.join(CACHE, `${this.#family}${hash.digest('hex').slice(0, 12)}`);
    this.#machine = machine;
    this.#data = data;
  }

  /** Gives them to an engine that has not started yet. @returns false: none are kept */
  async give(): Promise<boolean> {
    if (!existsSync(this.#folder)) return false;
    await this.#machine.run('mkdir', '-m', '711', this.#data);
    await this.#machine.run('cp', '-a', ...FOLDERS.map((name) => path.join(this.#folder, name)), this.#data);
    return true;
  }

  /** Keeps those of an engine that has the image and no container yet; earlier ones of its version go. */
  async keep(): Promise<void> {
    // Two engines of one test may be at it at one time.
    const aside = `${this.#folder}.${randomUUID()}`;
    await this.#machine.run('mkdir', aside);
    await this.#machine.run('cp', '-a', ...FOLDERS.map((name) => path.join(this.#data, name)), aside);
    const earlier = readdirSync(CACHE).filter((name) => name.startsWith(this.#family));
    // Another test may have been first.
    await rename(aside, this.#folder).catch(() => rm(aside, { recursive: true }));
    for (const name of earlier) {
      const folder = path.join(CACHE, name);
      if (!folder.startsWith(this.#folder)) await rm(folder, { recursive: true, force: true });
    }
  }
}

/** A build writes the same small files again. */
function signOf(file: string): string | Buffer {
  const { size, mtimeMs } = statSync(file);
  return size > MAX_READ_BYTES ? `${file} ${size} ${mtimeMs}\n` : readFileSync(file);
}
