import { readFile, stat } from 'node:fs/promises';
import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { parseAddress } from '../core/networks.js';
import { escapeText } from '../model/problem.js';
import type { NeighborSource } from './neighbor-source.js';

const POLL_MS = 2_000;
/** A list of nodes is no larger; what is, is another file. */
const MAX_BYTES = 65_536;

export interface BackupsFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `backups.txt`, one address a line, as a cron job of the old system wrote it. That job wrote an empty file whenever DNS
 * failed: a list that is suddenly empty or gone changes nothing.
 */
export class BackupsFile implements NeighborSource {
  readonly #options: BackupsFileOptions;
  #onAddresses: ((addresses: readonly string[]) => void) | null = null;
  #text: string | null = null;
  #stamp = '';
  #timer: Timer | null = null;

  constructor(options: BackupsFileOptions) {
    this.#options = options;
  }

  start(onAddresses: (addresses: readonly string[]) => void): void {
    this.#onAddresses = onAddresses;
    void this.#poll();
  }

  refresh(): void {
    this.#stamp = '';
    this.#timer?.cancel();
    void this.#poll();
  }

  async stop(): Promise<void> {
    this.#onAddresses = null;
    this.#timer?.cancel();
  }

  async #poll(): Promise<void> {
    await this.#read();
    if (this.#onAddresses !== null) this.#timer = this.#options.clock.setTimer(POLL_MS, () => void this.#poll());
  }

  async #read(): Promise<void> {
    const { file, log } = this.#options;
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp === this.#stamp) return;
      this.#stamp = stamp;
      if (size > MAX_BYTES) {
        log.error({ file, size }, 'backups.txt is no list of addresses: it is too large; the last good list stays');
        return;
      }
      const text = await readFile(file, 'utf8');
      if (text === this.#text) return;
      this.#text = text;
    } catch (error) {
      // Most nodes have none: that is no problem, and neither does a lost one empty the list.
      log.debug({ file, err: error }, 'backups.txt was not read');
      return;
    }
    const { addresses, badLines } = parseBackups(this.#text);
    for (const { line, text } of badLines) {
      log.error(`${file}:${line}:1: error: ${escapeText(text)} is no IP address (write one address a line)`);
    }
    if (addresses.length > 0) this.#onAddresses?.(addresses);
    else log.warn({ file }, 'backups.txt names nobody; the last good list stays');
  }
}

/** One IP address a line; `#` begins a comment; empty lines do not count. */
export function parseBackups(text: string): {
  readonly addresses: readonly string[];
  readonly badLines: readonly { readonly line: number; readonly text: string }[];
} {
  const addresses: string[] = [];
  const badLines: { line: number; text: string }[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const word = line.replace(/#.*$/, '').trim();
    if (word === '') continue;
    if (parseAddress(word) === null) badLines.push({ line: index + 1, text: word.slice(0, 100) });
    else addresses.push(word);
  }
  return { addresses, badLines };
}
