import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { reasonOf } from '../core/thrown.js';
import { readWholeFile } from '../core/whole-file.js';

/** It is read each time: a time of change is too coarse to see two writes in one moment. */
const POLL_MS = 2_000;
const MAX_BYTES = 65_536;
/** What nobody tries out: 16 random characters of base64 are 96 bits. */
const MIN_CHARS = 16;
const READABLE_BY_ALL = 0o004;

interface PodKeyFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `--pod-key-file`: the keys that the nodes of a pod share, one a line. The first one signs and each is believed, so that
 * a key is exchanged in two steps: the new one below the old one on all nodes, then above it. What is not readable changes
 * nothing.
 */
export class PodKeyFile {
  readonly #options: PodKeyFileOptions;
  #onKeys: ((keys: readonly string[]) => void) | null = null;
  #keys: readonly string[] = [];
  #saidReason: string | null = null;
  #isOpenSaid = false;
  #timer: Timer | null = null;

  constructor(options: PodKeyFileOptions) {
    this.#options = options;
  }

  /** @param onKeys is told of each change; resolves when the file was looked at once */
  async start(onKeys: (keys: readonly string[]) => void): Promise<void> {
    this.#onKeys = onKeys;
    await this.#poll();
  }

  refresh(): void {
    this.#timer?.cancel();
    void this.#poll();
  }

  stop(): void {
    this.#onKeys = null;
    this.#timer?.cancel();
  }

  async #poll(): Promise<void> {
    await this.#read();
    if (this.#onKeys === null) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(POLL_MS, () => void this.#poll());
  }

  async #read(): Promise<void> {
    const { file, log } = this.#options;
    try {
      const keys = keysFrom(await readWholeFile(file, MAX_BYTES));
      if (typeof keys === 'string') {
        this.#complain(keys);
        return;
      }
      this.#saidReason = null;
      const isOpen = ((await stat(file)).mode & READABLE_BY_ALL) !== 0;
      if (isOpen && !this.#isOpenSaid) {
        log.warn({ file }, 'every user of this machine can read the key of the pod: chmod 600 it');
      }
      this.#isOpenSaid = isOpen;
      if (keys.join('\n') === this.#keys.join('\n')) return;
      log.info({ file, keys: keys.length }, 'the key of the pod was read');
      this.#keys = keys;
      this.#onKeys?.(keys);
    } catch (error) {
      this.#complain(reasonOf(error));
    }
  }

  /** Each reason once: it is looked at for ever. */
  #complain(reason: string): void {
    if (reason === this.#saidReason) return;
    this.#saidReason = reason;
    const left =
      this.#keys.length > 0 ? 'the last good one stays' : 'bleed marks are not accepted as proof until it can be';
    this.#options.log.error({ file: this.#options.file, reason }, `reading the key of the pod failed; ${left}`);
  }
}

/** @returns what is wrong, without a word of the file's content; `#` begins a line that does not count */
function keysFrom(text: string): readonly string[] | string {
  const keys: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) continue;
    if (key.length < MIN_CHARS) {
      return `line ${index + 1} has fewer than ${MIN_CHARS} characters (write one with: openssl rand -base64 32)`;
    }
    keys.push(key);
  }
  return keys.length > 0 ? keys : 'it holds no key (write one with: openssl rand -base64 32)';
}
