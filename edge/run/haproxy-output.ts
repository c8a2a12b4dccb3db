/**
 * What HAProxy writes while it runs in the background. It goes to a file, and from there to standard error: HAProxy outlives
 * this process, a pipe would end or block with it, and nothing could be said of why HAProxy ended.
 */
import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { codeOf } from '../../src/core/thrown.js';

/** One part; HAProxy writes a few lines at a start, and one for each server that goes up or down. */
const PART_BYTES = 65_536;
const LAST_LINES = 10;
const KEPT_CHARACTERS = 4_096;

export class HaproxyOutput {
  readonly #file: string;
  readonly #write: (text: string) => void;
  #last = '';

  constructor(file: string, write: (text: string) => void) {
    this.#file = file;
    this.#write = write;
  }

  /** @returns a descriptor for the child; close it when the child has it */
  open(): number {
    this.#last = '';
    // Appending, so that what comes after `passOn` has emptied the file goes to its begin.
    return openSync(this.#file, 'a', 0o600);
  }

  /** Writes what came since, also what came while nobody read: a HAProxy that was left running wrote on. */
  passOn(): void {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file, 'r+');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    try {
      const part = Buffer.alloc(PART_BYTES);
      let at = 0;
      for (let length = 1; length > 0; at += length) {
        length = readSync(descriptor, part, 0, PART_BYTES, at);
        if (length === 0) break;
        const text = part.toString('utf8', 0, length);
        this.#write(text);
        this.#last = (this.#last + text).slice(-KEPT_CHARACTERS);
      }
      if (at > 0) ftruncateSync(descriptor, 0);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Since the last start, without notices and process ids; empty when nothing was said. */
  lastLines(): readonly string[] {
    return this.#last
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('[NOTICE]'))
      .map((line) => line.replace(/^(\[[A-Z]+\])\s+\(\d+\) : /, '$1 '))
      .slice(-LAST_LINES);
  }
}

const HINTS: readonly (readonly [RegExp, (said: RegExpExecArray) => string])[] = [
  [
    /Cannot raise FD limit to (\d+), limit is (\d+)/,
    ([, wanted, limit]) =>
      `HAProxy wants ${wanted} descriptors for process.max_connections, six for each, and may have ${limit}: lower ` +
      'process.max_connections in the site, or raise the limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker)',
  ],
  [
    /annot bind socket \(Permission denied\)/,
    () => 'a port below 1024 needs root or CAP_NET_BIND_SERVICE; a socket needs a run_dir that can be written',
  ],
  [
    /annot bind (UNIX )?socket/i,
    () =>
      'another process has that address, or this machine does not: look with "ss -ltnp", or change listen in the site',
  ],
];

/** A hint for the operator; null for an unknown failure. */
export function hintFor(lines: readonly string[]): string | null {
  const text = lines.filter((line) => line.startsWith('[ALERT]')).join('\n');
  for (const [pattern, hint] of HINTS) {
    const said = pattern.exec(text);
    if (said !== null) return hint(said);
  }
  return null;
}
