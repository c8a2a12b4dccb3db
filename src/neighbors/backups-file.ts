import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { parseAddress } from '../core/networks.js';
import { Poll } from '../core/poll.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFile } from '../core/whole-file.js';
import type { NeighborSource } from './neighbor-source.js';

/** It is read each time: a time of change is too coarse to see two writes in one moment. */
const POLL_MS = 2_000;
/** A larger file is not a list of nodes. */
export const MAX_BACKUPS_BYTES = 65_536;

interface BackupsFileOptions {
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
  /** A text that was seen once and is looked at again. */
  #doubted: string | null = null;
  #saidReason: string | null = null;
  readonly #poll: Poll;

  constructor(options: BackupsFileOptions) {
    this.#options = options;
    this.#poll = new Poll(
      options.clock,
      () => this.#read(),
      () => POLL_MS,
    );
  }

  start(onAddresses: (addresses: readonly string[]) => void): void {
    this.#onAddresses = onAddresses;
    void this.#poll.start();
  }

  refresh(): void {
    this.#poll.lookNow();
  }

  async stop(): Promise<void> {
    this.#onAddresses = null;
    this.#poll.stop();
  }

  async #read(): Promise<void> {
    const text = await this.#changedText();
    if (text === null) return;
    this.#text = text;
    const { file, log } = this.#options;
    const { addresses, badLines } = parseBackups(text);
    // Without its text: the file may be a link to one that is for others alone.
    for (const line of badLines)
      log.error(`${file}:${line}:1: error: this is not an IP address (write one address per line)`);
    if (addresses.length > 0) this.#onAddresses?.(addresses);
    else log.warn({ file }, 'backups.txt has no address; the last good list stays');
  }

  /** @returns null when there is nothing new that can be believed */
  async #changedText(): Promise<string | null> {
    const { file } = this.#options;
    try {
      const text = await readWholeFile(file, MAX_BACKUPS_BYTES);
      this.#saidReason = null;
      if (text !== this.#text && isPerhapsCut(text, this.#text) && text !== this.#doubted) {
        this.#doubted = text;
        return null;
      }
      this.#doubted = null;
      return text === this.#text ? null : text;
    } catch (error) {
      // Most nodes have none, and need none. A lost one does not empty the list.
      const isNever = this.#text === null && codeOf(error) === 'ENOENT';
      if (!isNever) this.#complain(reasonOf(error));
      return null;
    }
  }

  /** Each reason once: it is looked at for ever. */
  #complain(reason: string): void {
    if (reason === this.#saidReason) return;
    this.#saidReason = reason;
    this.#options.log.warn(
      { file: this.#options.file, reason },
      'reading backups.txt failed; the last good list stays',
    );
  }
}

/** Somebody may be writing: `10.0.0.12` cut short is another node's address. It is believed when it is seen twice. */
function isPerhapsCut(text: string, previous: string | null): boolean {
  return previous !== null && (previous.startsWith(text) || !text.endsWith('\n'));
}

/** One IP address a line; `#` begins a comment; empty lines do not count. */
export function parseBackups(text: string): {
  readonly addresses: readonly string[];
  /** Their numbers, from 1. */
  readonly badLines: readonly number[];
} {
  const addresses: string[] = [];
  const badLines: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const word = line.replace(/#.*$/, '').trim();
    if (word === '') continue;
    if (parseAddress(word) === null) badLines.push(index + 1);
    else addresses.push(word);
  }
  return { addresses, badLines };
}
